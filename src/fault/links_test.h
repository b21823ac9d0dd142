// fault/links_test.h - arbitrary link faults that pass check().
#pragma once
#include <rapidcheck.h>

#include <cstdint>
#include <ostream>

#include "fault/link.h"

namespace rc {

template <>
struct Arbitrary<storm::fault::LinkFault> {
    static Gen<storm::fault::LinkFault> arbitrary() {
        using storm::fault::LinkFault;
        return gen::exec([] {
            const auto time = [] {
                const auto ns = gen::oneOf(gen::just<std::int64_t>(0),
                                           gen::inRange<std::int64_t>(1'000, 10'000'000'000));
                return storm::Duration{*ns};
            };
            const auto share = [] {
                return *gen::oneOf(gen::just<std::uint32_t>(0),
                                   gen::inRange<std::uint32_t>(0, 1'000'001));
            };
            const auto size = [] {
                return *gen::oneOf(gen::just<std::int64_t>(0),
                                   gen::inRange<std::int64_t>(1, 1'000'000'000));
            };
            LinkFault fault;
            fault.delay = time();
            fault.jitter = time();
            fault.loss_ppm = share();
            fault.duplicate_ppm = share();
            fault.reorder_ppm = share();
            fault.corrupt_ppm = share();
            fault.burst = time();
            fault.reorder_by = time();
            fault.rate = size();
            fault.queue = size();
            fault.spread =
                *gen::element(storm::fault::Spread::uniform, storm::fault::Spread::long_tail);
            fault.cut = *gen::inRange(0, 8) == 0;
            fault.undetected = *gen::arbitrary<bool>();
            return fault;
        });
    }
};

}  // namespace rc

namespace storm::fault {

inline void showValue(const LinkFault& fault, std::ostream& out) {
    for (const auto& [name, value] : params_of(fault).all()) {
        if (const auto* number = std::get_if<std::int64_t>(&value)) out << name << '=' << *number;
        out << ' ';
    }
}

}  // namespace storm::fault
