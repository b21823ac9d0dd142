#include "runner/known.h"

#include <fmt/format.h>

#include <filesystem>
#include <map>

#include "core/json.h"
#include "core/text.h"
#include "runner/directory.h"

namespace storm::runner {
namespace {

constexpr std::size_t file_max = 16U << 20U;
constexpr std::size_t seeds_max = 16;  // Of one reason.

/// A file name that says which scenario it is for: letters, digits, '-' and '.', and a hash of
/// the path and the variant, for two scenarios of one name.
std::string safe_name(const std::string& scenario_path, const std::vector<std::string>& variant) {
    std::string name = std::filesystem::path(scenario_path).stem().string().substr(0, 64);
    for (char& c : name) {
        const bool fine = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                          (c >= '0' && c <= '9') || c == '-' || c == '_';
        if (!fine) c = '_';
    }
    const auto path = std::filesystem::path(scenario_path).lexically_normal().string();
    core::Key key = core::key_of(path);
    for (const auto& each : variant) key = core::combine(key, core::key_of(each));
    return name + "-" + core::hex(key).substr(0, 8);
}

}  // namespace

std::string known_path(const std::string& root, const std::string& scenario_path,
                       const std::vector<std::string>& variant) {
    return (std::filesystem::path(root) / ".stormproof" / "known" /
            (safe_name(scenario_path, variant) + ".jsonl"))
        .string();
}

std::string to_jsonl(const std::vector<Known>& known) {
    std::string out;
    std::map<std::string, std::size_t> written;
    for (const auto& each : known) {
        if (++written[each.reason] > seeds_max) continue;
        out += fmt::format(R"({{"reason":{},"seed":{},"sentence":{},"scenario":{}}})",
                           core::json_quoted(each.reason), each.seed,
                           core::json_quoted(each.sentence), core::json_quoted(each.scenario));
        out += '\n';
    }
    return out;
}

KnownFile known_from_jsonl(std::string_view text, const std::string& path) {
    KnownFile out;
    core::each_line(text, [&](std::string_view line, std::size_t number) {
        core::JsonReader in(line, path, number);
        Known known;
        bool has_reason = false;
        bool has_seed = false;
        in.object([&](std::string_view key) {
            if (key == "reason") {
                known.reason = in.text();
                has_reason = true;
            } else if (key == "seed") {
                known.seed = static_cast<std::uint64_t>(in.integer(0));
                has_seed = true;
            } else if (key == "sentence") {
                known.sentence = in.text();
            } else if (key == "scenario") {
                known.scenario = in.text();
            } else {
                in.unknown_key({"reason", "seed", "sentence", "scenario"});
            }
        });
        if (in.good() && !(has_reason && has_seed)) in.refuse(0, "reason and seed are required");
        if (const auto done = in.finish(); !done) {
            out.problems.push_back(done.error().text());
        } else {
            out.known.push_back(std::move(known));
        }
        return true;
    });
    return out;
}

core::Result<KnownFile> read_known(const std::string& path) {
    std::error_code error;
    if (!std::filesystem::exists(path, error)) return KnownFile{};
    STORM_TRY(const auto text, read_file(path, file_max));
    return known_from_jsonl(text, path);
}

core::Result<void> write_known(const std::string& path, const std::vector<Known>& known) {
    std::error_code error;
    if (known.empty()) {
        std::filesystem::remove(path, error);
        if (error) return core::fail(core::ErrorKind::io, path + ": " + error.message());
        return {};
    }
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (error) return core::fail(core::ErrorKind::io, path + ": " + error.message());
    return write_file(path, to_jsonl(known));
}

core::Result<void> append_known(const std::string& path, const Known& known) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
    if (error) return core::fail(core::ErrorKind::io, path + ": " + error.message());
    return append_file(path, to_jsonl({known}));
}

}  // namespace storm::runner
