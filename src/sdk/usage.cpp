#include "sdk/usage.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>

#include "core/text.h"

namespace storm::sdk {
namespace {

/// Where the words of a command line lead.
struct Walk {
    std::string path;            // "fault explain", of commands that were understood.
    std::string unknown;         // A command or option that there is not.
    bool option = false;         // Which of the two.
    bool wants_command = false;  // The words end where a command must follow.
    std::vector<std::string> known;
};

std::vector<std::string> commands_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const auto* each : app.get_subcommands([](const CLI::App*) { return true; })) {
        names.push_back(each->get_name());
    }
    return names;
}

const CLI::Option* option_of(const CLI::App& app, const std::string& name) {
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
        if (const auto* found = at->get_option_no_throw(name)) return found;
    }
    return nullptr;
}

std::vector<std::string> options_of(const CLI::App& app) {
    std::vector<std::string> names;
    for (const CLI::App* at = &app; at != nullptr; at = at->get_parent()) {
        for (const auto* each : at->get_options()) {
            for (const auto& name : each->get_lnames()) names.push_back("--" + name);
        }
    }
    return names;
}

Walk walk(const CLI::App& app, const std::vector<std::string>& words) {
    Walk out;
    const CLI::App* at = &app;
    for (std::size_t i = 0; i < words.size(); ++i) {
        const std::string& word = words[i];
        if (word == "--") break;
        if (word.size() > 1 && word[0] == '-') {
            std::string name = word.substr(0, word.find('='));
            if (name.size() > 2 && name[1] != '-') name.resize(2);  // -j4
            const auto* option = option_of(*at, name);
            if (option == nullptr) {
                out.unknown = name;
                out.option = true;
                out.known = options_of(*at);
                return out;
            }
            if (option->get_type_size() > 0 && name == word) ++i;  // Its value.
            continue;
        }
        const auto names = commands_of(*at);
        if (names.empty()) continue;
        if (std::ranges::find(names, word) == names.end()) {
            out.unknown = word;
            out.known = names;
            return out;
        }
        at = at->get_subcommand(word);
        out.path += (out.path.empty() ? "" : " ") + word;
    }
    out.known = commands_of(*at);
    out.wants_command = !out.known.empty();
    return out;
}

}  // namespace

int explain_usage(Session& session, const CLI::App& app, const CLI::ParseError& error,
                  const std::vector<std::string>& words) {
    const Walk at = walk(app, words);
    const std::string help =
        fmt::format("{}{}{} --help", session.program, at.path.empty() ? "" : " ", at.path);
    if (!at.unknown.empty()) {
        const auto meant = core::nearest(at.unknown, at.known);
        const std::string what = at.option ? "option" : "command";
        const std::string where = at.path.empty() ? "" : " of " + at.path;
        return session.fail(code::usage,
                            fmt::format("no {}{} is called {}", what, where, at.unknown),
                            meant ? fmt::format("did you mean {}?   ({})", *meant, help)
                                  : fmt::format("{} lists them", help));
    }
    if (at.wants_command) {
        return session.fail(code::usage,
                            fmt::format("{} needs a command: {}", at.path, core::joined(at.known)),
                            help);
    }
    return session.fail(code::usage, error.what(), help);
}

}  // namespace storm::sdk
