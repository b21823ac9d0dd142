#include "check/reference.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

#include "core/text.h"
#include "core/time.h"

namespace storm::check {
namespace {

std::string default_of(const fault::ParamSpec& param) {
    if (!param.otherwise) return "required";
    const auto text = fault::to_text(param, *param.otherwise);
    return text.empty() ? "\"\"" : text;
}

std::string type_of(const fault::ParamSpec& param) {
    if (param.choices.empty()) return std::string(fault::to_text(param.type));
    std::string text;
    for (const auto& choice : param.choices) text += (text.empty() ? "" : " | ") + choice;
    return text;
}

std::string judged_when(const CheckSpec& spec) {
    return spec.built_in ? "in every run, named or not" : "when the scenario names it";
}

std::string demand_of(const CheckSpec& spec) {
    return spec.demand == Demand::safety ? "safety" : "liveness; not judged in mode: unlimited";
}

std::string models_of(const CheckSpec& spec) {
    return spec.models.empty() ? "any system"
                               : "systems with the model " + core::joined(spec.models);
}

std::string example_of(const CheckSpec& spec) {
    std::string params;
    for (const auto& param : spec.params) {
        if (param.name != "within" && param.name != "after" && param.name != "p99" &&
            param.name != "max") {
            continue;
        }
        const bool latency = spec.name == "latency" && param.name == "max";
        if (latency) continue;
        const bool unset =
            param.otherwise && *param.otherwise == fault::ParamValue{std::int64_t{0}};
        params += fmt::format(", {}: {}", param.name, unset ? "50ms" : default_of(param));
    }
    return params.empty() ? fmt::format("- {}", spec.name)
                          : fmt::format("- {{use: {}{}}}", spec.name, params);
}

/// A name, and beside it what it means; below it where the screen is too narrow for both.
std::string summarised(const std::string& name, const std::string& summary, std::size_t indent,
                       const core::Look& look) {
    std::string text = core::painted(name, core::Paint::strong, look);
    const bool beside = look.width >= indent + 20;
    if (!beside) indent = 2;
    std::string between = beside ? std::string(indent - name.size(), ' ') : "\n  ";
    for (const auto& line : core::wrapped(summary, look.width - indent)) {
        text += between + line;
        between = "\n" + std::string(indent, ' ');
    }
    return text + "\n";
}

}  // namespace

std::string explain(const CheckSpec& spec, const core::Look& look) {
    core::NamedLines lines;
    for (const auto& param : spec.params) {
        lines.emplace_back(param.name, fmt::format("{} ({}; default {})", param.summary,
                                                   type_of(param), default_of(param)));
    }
    lines.emplace_back("judges", models_of(spec));
    lines.emplace_back("when", judged_when(spec));
    lines.emplace_back("demands", demand_of(spec));
    lines.emplace_back("certificate", spec.certificate);
    if (!spec.planted.empty()) lines.emplace_back("must catch", spec.planted);
    lines.emplace_back("example", example_of(spec));
    return summarised(spec.name, spec.summary, spec.name.size() + 3, look) +
           core::named_lines(lines, look);
}

std::string list(const Checks& checks, const core::Look& look) {
    std::size_t widest = 0;
    for (const auto& spec : checks.all()) widest = std::max(widest, spec.name.size());
    std::string text;
    for (const auto& spec : checks.all()) {
        text += summarised(spec.name, spec.summary + (spec.built_in ? " (always)" : ""), widest + 2,
                           look);
    }
    return look.unicode ? text : core::to_ascii(text);
}

std::string checks_reference(const Checks& checks) {
    std::string text =
        "# Checks\n\nWhat turns a run into a verdict: pass, violated with a certificate, or "
        "inconclusive with the reason. This page is made from the catalogue of checks.\n\n"
        "A check of safety demands that nothing bad ever happens; one of liveness that something "
        "good does, in the end or often enough. `mode: unlimited` breaks more than the system "
        "tolerates and judges safety only.\n\n"
        "| check | what it demands | kind | judged |\n|---|---|---|---|\n";
    for (const auto& spec : checks.all()) {
        text += fmt::format("| [{0}](#{0}) | {1} | {2} | {3} |\n", spec.name, spec.summary,
                            to_text(spec.demand), judged_when(spec));
    }
    for (const auto& spec : checks.all()) {
        text += fmt::format("\n## {}\n\n{}{}.\n\n", spec.name,
                            static_cast<char>(std::toupper(spec.summary.front())),
                            spec.summary.substr(1));
        text += fmt::format("- Judges {}, {}.\n- Kind: {}.\n- Certificate: {}.\n", models_of(spec),
                            judged_when(spec), demand_of(spec), spec.certificate);
        if (!spec.planted.empty()) text += fmt::format("- Must catch: `{}`.\n", spec.planted);
        text += fmt::format("\n```yaml\nchecks:\n  {}\n```\n", example_of(spec));
        if (spec.params.empty()) continue;
        text += "\n| parameter | type | default | meaning |\n|---|---|---|---|\n";
        for (const auto& param : spec.params) {
            std::string type = type_of(param);
            for (std::size_t at = 0; (at = type.find('|', at)) != std::string::npos; at += 2) {
                type.insert(at, "\\");
            }
            text += fmt::format("| `{}` | {} | {} | {} |\n", param.name, type, default_of(param),
                                param.summary);
        }
    }
    return text;
}

}  // namespace storm::check
