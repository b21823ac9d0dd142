#include "runner/pack.h"

#include <algorithm>
#include <utility>

namespace storm::runner {

PackedFinding pack(const check::Finding& finding, std::size_t detail_max) {
    PackedFinding out;
    out.verdict = finding.verdict;
    out.check = finding.check;
    out.anomaly = finding.anomaly;
    out.site = finding.site;
    out.sentence = finding.sentence.substr(0, 4096);
    out.expected = finding.expected.substr(0, 4096);
    out.detail = finding.detail.substr(0, detail_max);
    out.operations = finding.operations;
    out.operations.resize(std::min<std::size_t>(out.operations.size(), 4096));
    out.fatal = finding.fatal;
    for (const auto& moment : finding.moments) {
        if (out.moments.size() == 256) break;
        out.moments.push_back({moment.at, moment.who.value, moment.text.substr(0, 256)});
    }
    return out;
}

check::Finding unpack(PackedFinding packed) {
    check::Finding out;
    out.verdict = packed.verdict;
    out.check = std::move(packed.check);
    out.anomaly = std::move(packed.anomaly);
    out.site = std::move(packed.site);
    out.sentence = std::move(packed.sentence);
    out.expected = std::move(packed.expected);
    out.detail = std::move(packed.detail);
    out.operations = std::move(packed.operations);
    out.fatal = packed.fatal;
    for (auto& moment : packed.moments) {
        out.moments.push_back({moment.at, core::Id{moment.who}, std::move(moment.text)});
    }
    return out;
}

}  // namespace storm::runner
