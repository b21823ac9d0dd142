#include "check/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "core/require.h"
#include "core/text.h"

namespace storm::check {
namespace {

bool left_out(const CheckSpec& spec, fault::Mode mode) {
    return mode == fault::Mode::unlimited && spec.demand == Demand::liveness;
}

/// A skip is no pass: where nothing that was asked for can be judged, nothing is known.
Finding without_judgement(const CheckSpec& spec, bool alone) {
    auto finding =
        undecided(fmt::format("mode: unlimited checks safety only, and {} is liveness.{}",
                              spec.name, alone ? " The scenario names no check of safety." : ""));
    finding.check = spec.name;
    if (alone) return finding;
    finding.verdict = Verdict::not_judged;
    finding.anomaly = "not judged";
    return finding;
}

Finding judge_one(const CheckSpec& spec, const Input& input, const fault::Params& params) {
    Finding finding;
    if (!spec.models.empty() &&
        std::ranges::find(spec.models, input.system.model) == spec.models.end()) {
        finding = undecided(fmt::format("{} needs a system with the model {}; {} has {}.",
                                        spec.name, core::joined(spec.models), input.system.name,
                                        input.system.model.empty() ? "none" : input.system.model));
    } else {
        finding = spec.judge(input, params);
    }
    if (finding.check.empty()) finding.check = spec.name;
    if (finding.verdict == Verdict::pass) {  // It has nothing to show.
        finding.anomaly = finding.site = finding.expected = {};
        finding.operations.clear();
        finding.fatal = Finding{}.fatal;
    }
    return finding;
}

Finding inconclusive(std::string anomaly, std::string why) {
    Finding finding;
    finding.verdict = Verdict::inconclusive;
    finding.anomaly = std::move(anomaly);
    finding.sentence = std::move(why);
    return finding;
}

}  // namespace

Finding undecided(std::string why) { return inconclusive("not decided", std::move(why)); }
Finding nothing_to_judge(std::string why) {
    return inconclusive(std::string(Finding::nothing), std::move(why));
}

std::string_view to_text(Verdict verdict) {
    switch (verdict) {
        case Verdict::pass:
            return "pass";
        case Verdict::violated:
            return "violated";
        case Verdict::not_judged:
            return "not judged";
        case Verdict::inconclusive:
            break;
    }
    return "inconclusive";
}

std::string_view to_text(Demand demand) { return demand == Demand::safety ? "safety" : "liveness"; }

void Checks::add(CheckSpec spec) {
    STORM_REQUIRE(find(spec.name) == nullptr, spec.name);
    STORM_REQUIRE(spec.judge != nullptr, spec.name);
    specs_.push_back(std::move(spec));
}

const CheckSpec* Checks::find(std::string_view name) const {
    const auto at = std::ranges::find(specs_, name, &CheckSpec::name);
    return at == specs_.end() ? nullptr : &*at;
}

std::vector<std::string> Checks::names() const {
    std::vector<std::string> names;
    for (const auto& spec : specs_) names.push_back(spec.name);
    return names;
}

std::vector<Finding> judge(const Checks& checks, const Input& input) {
    std::vector<Finding> findings;
    const auto& planned = input.plan.checks;
    const bool alone = not_judged(checks, planned, input.plan.mode).size() == planned.size();
    for (const auto& check : planned) {
        const auto* spec = checks.find(check.use);
        if (spec != nullptr && left_out(*spec, input.plan.mode)) {
            findings.push_back(without_judgement(*spec, alone));
            continue;
        }
        if (spec != nullptr) {
            findings.push_back(judge_one(*spec, input, check.params));
        } else {
            findings.push_back(undecided(fmt::format("No check is called \"{}\".", check.use)));
            findings.back().check = check.use;
        }
    }
    for (const auto& spec : checks.all()) {
        const bool named =
            std::ranges::find(planned, spec.name, &fault::PlannedCheck::use) != planned.end();
        if (spec.built_in && !named && !left_out(spec, input.plan.mode))
            findings.push_back(judge_one(spec, input, {}));
    }
    std::vector<Finding> sorted;
    for (const auto verdict :
         {Verdict::violated, Verdict::inconclusive, Verdict::not_judged, Verdict::pass}) {
        for (auto& finding : findings) {
            if (finding.verdict == verdict) sorted.push_back(std::move(finding));
        }
    }
    return sorted;
}

std::vector<std::string> not_judged(const Checks& checks,
                                    std::span<const fault::PlannedCheck> planned,
                                    fault::Mode mode) {
    std::vector<std::string> names;
    for (const auto& check : planned) {
        const auto* spec = checks.find(check.use);
        if (spec != nullptr && left_out(*spec, mode)) names.push_back(check.use);
    }
    return names;
}

bool settled(const Checks& checks, const Settling& run) {
    return std::ranges::all_of(run.plan.checks, [&](const fault::PlannedCheck& check) {
        const auto* spec = checks.find(check.use);
        return spec == nullptr || !spec->settled || left_out(*spec, run.plan.mode) ||
               spec->settled(run, check.params);
    });
}

}  // namespace storm::check
