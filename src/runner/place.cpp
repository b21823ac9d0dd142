#include "runner/place.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <optional>
#include <vector>

#include "runner/directory.h"

namespace storm::runner {
namespace {

using core::ErrorKind;
namespace fs = std::filesystem;

/// A name that temporary() made, taken apart.
struct Leftover {
    std::string of;
    bool old = false;
    pid_t pid = 0;
};

std::optional<Leftover> leftover(const std::string& name) {
    const auto dot = name.rfind('.');
    if (dot == std::string::npos || dot == 0) return std::nullopt;
    const std::string_view ending = std::string_view(name).substr(dot);
    const bool old = ending.starts_with(".old-");
    if (!old && !ending.starts_with(".new-")) return std::nullopt;
    Leftover out{name.substr(0, dot), old, 0};
    const auto digits = ending.substr(5);
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), out.pid);
    if (error != std::errc{} || end != digits.data() + digits.size() || out.pid <= 0) {
        return std::nullopt;
    }
    return out;
}

bool is_run(const fs::path& folder) {
    std::error_code error;
    return fs::exists(folder / "verdict.json", error) || fs::exists(folder / "sweep.json", error);
}

/// What a run or a sweep leaves, and `report` beside it.
constexpr std::array file_names = {"verdict.json", "plan.json",  "decisions.jsonl", "history.jsonl",
                                   "events.jsonl", "metrics.om", "junit.xml",       "report.html",
                                   "story.json",   "sweep.json"};
/// The run before it was made small, and what `shrink` made of that one.
constexpr std::array run_names = {"whole", "whole-small"};
constexpr const char* findings_name = "findings";

template <class Names>
bool is_among(const std::string& name, const Names& names) {
    return std::ranges::any_of(names, [&](const char* each) { return name == each; });
}

std::string foreign_in(const fs::path& folder, bool top);

/// The same of the folder of a sweep's other findings: whatever their names, each is a run.
std::string foreign_finding(const fs::path& findings) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(findings, error)) {
        const auto own = entry.path().filename().string();
        const bool folder = entry.symlink_status(error).type() == fs::file_type::directory;
        if (!folder || (!leftover(own) && !is_run(entry.path()))) return own;
        const auto inside = foreign_in(entry.path(), false);
        if (!inside.empty()) return own + "/" + inside;
    }
    return error ? "what cannot be read" : "";
}

/// What no run leaves in `folder`, by its path below it; "": nothing. `top`: findings may lie
/// there.
std::string foreign_in(const fs::path& folder, bool top) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const auto own = entry.path().filename().string();
        const auto rest = leftover(own);
        const auto& name = rest ? rest->of : own;
        const auto type = entry.symlink_status(error).type();
        if (type == fs::file_type::regular && is_among(name, file_names)) continue;
        if (type != fs::file_type::directory) return own;
        std::string inside;
        if (is_among(name, run_names)) {
            inside = foreign_in(entry.path(), false);
        } else if (top && name == findings_name) {
            inside = foreign_finding(entry.path());
        } else {
            return own;
        }
        if (!inside.empty()) return own + "/" + inside;
    }
    return error ? "what cannot be read" : "";
}

core::Error refusal(const fs::path& place, const std::string& why) {
    return {ErrorKind::io, place.string() + why, {}};
}

/// Whether `folder` is what we stand in, or above it: replacing it would take it from below us.
bool holds_us(const fs::path& folder) {
    std::error_code error;
    fs::path at = fs::current_path(error);
    while (!error && !at.empty()) {
        if (fs::equivalent(at, folder, error) && !error) return true;
        if (at == at.parent_path()) break;
        at = at.parent_path();
    }
    return false;
}

bool is_here(const fs::path& folder) {
    std::error_code error;
    return fs::equivalent(fs::current_path(error), folder, error);
}

/// Something is mounted there: it can be written into, but not replaced.
bool is_mounted(const fs::path& folder) {
    struct stat here{}, above{};
    return ::stat(folder.c_str(), &here) == 0 && ::stat((folder / "..").c_str(), &above) == 0 &&
           here.st_dev != above.st_dev;
}

/// Tries whether a folder can be made in the nearest folder of `place` that exists.
core::Result<void> try_parent(const fs::path& place) {
    std::error_code error;
    fs::path there = fs::absolute(place, error).lexically_normal().parent_path();
    while (!fs::exists(there, error) && there.has_relative_path()) there = there.parent_path();
    if (!fs::is_directory(there, error)) {
        return std::unexpected(refusal(place, ": " + there.string() + " is no folder"));
    }
    const fs::path probe = there / fmt::format(".stormproof-{}", ::getpid());
    if (::mkdir(probe.c_str(), 0700) != 0) {
        const int why = errno;
        return std::unexpected(
            refusal(place, fmt::format(": {}: {}", there.string(), std::strerror(why))));
    }
    ::rmdir(probe.c_str());
    return {};
}

}  // namespace

fs::path tidy(const std::string& path) {
    fs::path place = fs::path(path).lexically_normal();
    if (!place.has_filename()) place = place.parent_path();
    return place;
}

std::string temporary(std::string_view kind) { return fmt::format(".{}-{}", kind, ::getpid()); }

core::Result<void> nothing_in_the_way(const fs::path& place) {
    std::error_code error;
    const auto status = fs::symlink_status(place, error);
    if (!fs::exists(status)) return {};
    if (fs::is_symlink(status)) {
        return std::unexpected(refusal(place, " is a link; name the folder that it leads to"));
    }
    if (!fs::is_directory(status)) {
        return std::unexpected(refusal(place, " is there and is no folder"));
    }
    if (holds_us(place)) {
        // Of the usage: no machine would let us.
        return core::fail(ErrorKind::not_found,
                          place.string() +
                              (is_here(place) ? " is the folder we are in"
                                              : " is a folder above the one we are in") +
                              ", and a run replaces its whole directory; name one of its own, as "
                              "in --out " +
                              (place == "/" ? "" : place.string()) + "/NAME");
    }
    if (is_mounted(place)) {
        return std::unexpected(refusal(place, " is a mounted file system; name a folder below it"));
    }
    if (fs::is_empty(place, error)) return {};
    if (!is_run(place)) {
        return core::fail(ErrorKind::not_found,
                          place.string() +
                              " is there and holds no run (no verdict.json); it is "
                              "left as it is: name another folder");
    }
    const auto foreign = foreign_in(place, true);
    if (foreign.empty()) return {};
    return core::fail(ErrorKind::not_found,
                      fmt::format("{} holds {}, which is of no run; it is left as it is: move that "
                                  "away first, or name another folder",
                                  place.string(), foreign));
}

void clear_leftovers(const fs::path& place) {
    std::error_code error;
    const fs::path parent = place.has_parent_path() ? place.parent_path() : fs::path(".");
    const bool ours = parent.filename() == "runs" || parent.filename() == "findings";
    std::vector<fs::path> going;
    for (const auto& entry : fs::directory_iterator(parent, error)) {
        const auto what = leftover(entry.path().filename().string());
        if (!what || (!ours && what->of != place.filename())) continue;
        if (::kill(what->pid, 0) == 0 || errno != ESRCH) continue;
        const fs::path whose = parent / what->of;
        if (what->old && is_run(entry.path()) && !fs::exists(whose, error)) {
            fs::rename(entry.path(), whose, error);
            continue;
        }
        going.push_back(entry.path());
    }
    for (const auto& each : going) fs::remove_all(each, error);
}

bool holds_foreign(const std::string& path) { return !foreign_in(tidy(path), true).empty(); }

core::Result<void> check_place(const std::string& path) {
    const fs::path place = tidy(path);
    STORM_CHECK(nothing_in_the_way(place));
    return try_parent(place);
}

core::Result<void> check_file_place(const std::string& path) {
    std::error_code error;
    const fs::path place(path);
    if (fs::is_directory(place, error) || !place.has_filename()) {
        return std::unexpected(refusal(place, " is a folder; name a file"));
    }
    const fs::path parent = place.has_parent_path() ? place.parent_path() : fs::path(".");
    if (!fs::is_directory(parent, error)) {
        return std::unexpected(refusal(place, ": there is no folder " + parent.string()));
    }
    return try_parent(place);
}

}  // namespace storm::runner
