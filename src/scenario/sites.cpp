// scenario/sites.cpp - code points and properties that a scenario names: are they in the program?
#include <fmt/format.h>

#include <algorithm>

#include "scenario/reader.h"

namespace storm::scenario {
namespace {

using Names = std::vector<std::string>;

constexpr std::size_t few = 8;  // More is no help in an error.

/// Sorted, each once: a message may stand at several places.
template <class Wanted>
Names names_of(const std::vector<SiteName>& sites, Wanted wanted) {
    Names names;
    for (const SiteName& site : sites) {
        if (wanted(site)) names.push_back(site.name);
    }
    std::ranges::sort(names);
    const auto rest = std::ranges::unique(names);
    names.erase(rest.begin(), rest.end());
    return names;
}

}  // namespace

std::vector<std::string> Vocabulary::code_points(const node::System& system) const {
    if (!sites) return {};
    const auto own = [&](const SiteName& site) {
        return std::ranges::any_of(
            system.sources, [&](const std::string& end) { return site.file.ends_with(end); });
    };
    return names_of(*sites, [&](const SiteName& site) {
        return site.is_point && (system.sources.empty() || own(site));
    });
}

void Reader::check_site(const YamlNode& node, const std::string& site) {
    if (!names_.sites || contains(*names_.sites, site, &SiteName::name)) return;
    const Names known = names_of(*names_.sites, [](const SiteName&) { return true; });
    std::string help = Form::suggest(site, known);
    if (known.empty()) {
        help = "its code has no STORM_MAYBE and no property";
    } else if (help.starts_with("want ") && known.size() > few) {
        help = "want the text of a STORM_MAYBE or of a property, word for word";
    }
    form_.wrong(node, fmt::format("no code point or property is called {}", quoted(site)), help);
}

void Reader::check_point(const YamlNode& node, const std::string& site) {
    if (!names_.sites) return;
    const Names all = names_of(*names_.sites, [](const SiteName& each) { return each.is_point; });
    if (contains(all, site)) return;
    const Names own = out_.system != nullptr ? names_.code_points(*out_.system) : all;
    std::string help = Form::suggest(site, all);  // The nearest may stand in code that is shared.
    if (help.starts_with("want ")) {
        help = own.size() <= few ? Form::suggest(site, own)
                                 : fmt::format("want {} or another", own.front());
    }
    if (all.empty()) help = "its code has no STORM_MAYBE";
    if (!own.empty() && out_.system != nullptr) {
        help += fmt::format("   ({} system explain {})", names_.program, out_.system->name);
    }
    const bool property = contains(*names_.sites, site, &SiteName::name);
    form_.wrong(node,
                property ? quoted(site) + " is a property, no code point"
                         : "no code point is called " + quoted(site),
                help);
}

}  // namespace storm::scenario
