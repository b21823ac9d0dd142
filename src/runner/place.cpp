#include "runner/place.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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
    if (fs::is_empty(place, error) || is_run(place)) return {};
    return std::unexpected(
        refusal(place, " is there and holds no run (no verdict.json); it is left as it is"));
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
