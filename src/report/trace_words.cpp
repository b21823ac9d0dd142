// report/trace_words.cpp - a trace read out: times and rows as words.
#include <fmt/format.h>

#include <algorithm>

#include "core/require.h"
#include "report/trace.h"

namespace storm::report {

std::size_t Trace::lane(core::Id who) const {
    const auto at =
        std::find_if(lanes.begin(), lanes.end(), [&](const Lane& lane) { return lane.who == who; });
    STORM_REQUIRE(at != lanes.end(), core::name_of(who));
    return static_cast<std::size_t>(at - lanes.begin());
}

std::vector<std::string> clock_texts(const Trace& trace) {
    std::vector<std::string> texts;
    // Rows that fall together are in order anyway; a story of a few milliseconds needs more.
    const bool fine = !trace.steps.empty() &&
                      trace.steps.back().at - trace.steps.front().at < core::milliseconds(20);
    for (const auto& step : trace.steps) {
        const auto us = (step.at.ns + 500) / 1'000;
        const auto ms = (step.at.ns + 500'000) / 1'000'000;
        texts.push_back(fine ? fmt::format("{}.{:03} ms", us / 1'000, us % 1'000)
                             : fmt::format("{}.{:03} s", ms / 1'000, ms % 1'000));
    }
    return texts;
}

std::vector<std::string> in_words(const Trace& trace) {
    std::vector<std::string> lines;
    const auto clock = clock_texts(trace);
    for (const auto& step : trace.steps) {
        const std::string at = clock[lines.size()] + ": ";
        const std::string who = core::name_of(step.from);
        const std::string why = step.remark.empty() ? "" : " (" + step.remark + ")";
        switch (step.kind) {
            case Step::Kind::message:
                lines.push_back(fmt::format("{}{} to {}: {}{}", at, who, core::name_of(step.to),
                                            step.label, why));
                break;
            case Step::Kind::lost:
                lines.push_back(fmt::format("{}{} to {}: {}, which never arrives{}", at, who,
                                            core::name_of(step.to), step.label, why));
                break;
            case Step::Kind::note:
            case Step::Kind::down:
            case Step::Kind::up:
                lines.push_back(fmt::format("{}{}: {}{}", at, who, step.label, why));
                break;
            case Step::Kind::skipped:
                lines.push_back("not shown: " + step.label);
                break;
        }
    }
    return lines;
}

}  // namespace storm::report
