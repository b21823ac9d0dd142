#include "sdk/places.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "core/text.h"
#include "runner/directory.h"
#include "sdk/story_file.h"

namespace storm::sdk {
namespace {

namespace fs = std::filesystem;

constexpr const char* last_path = ".stormproof/last";
constexpr std::size_t name_max = 60;

/// Whether a setting leaves every run as it is.
bool changes_no_run(const std::string& setting) {
    for (const std::string_view key : {"expect", "seeds", "title", "min_effective", "must_reach"}) {
        if (!setting.starts_with(key)) continue;
        const char next = setting[key.size()];
        if (next == '=' || next == '.') return true;
    }
    return false;
}

std::vector<std::string> effective(std::vector<std::string> settings) {
    std::erase_if(settings, changes_no_run);
    return settings;
}

/// Of whom the run at `place` is, if it can be read. A run has no story where it is the one before
/// it was made small.
core::Result<Facts> owner_of(const fs::path& place) {
    std::error_code error;
    Tale there;
    const auto story = (place / story_name).string();
    const auto verdict = (place / "verdict.json").string();
    const bool has_story = fs::exists(story, error);
    const bool has_run = fs::exists(verdict, error);
    if (has_run) {
        STORM_TRY(const auto text, runner::read_file(verdict));
        STORM_CHECK(runner::read_verdict(text, verdict, there.stored));
        STORM_CHECK(runner::check_verdict(text, verdict, there.stored));
        there.facts.scenario = there.stored.result.plan.scenario;
        there.facts.settings = there.stored.settings;
        there.facts.world = there.stored.world;
    }
    if (has_story || !has_run) {
        STORM_TRY(const auto text, runner::read_file(story));
        STORM_CHECK(read_story(text, story, there));
    }
    return std::move(there.facts);
}

/// Whether both are of one scenario, one variant of it and one world.
bool same_owner(const Facts& one, const Facts& other) {
    return fs::path(one.scenario).lexically_normal() ==
               fs::path(other.scenario).lexically_normal() &&
           one.world == other.world && effective(one.settings) == effective(other.settings);
}

bool is_free(const fs::path& place) {
    std::error_code error;
    return !fs::exists(fs::symlink_status(place, error)) ||
           (fs::is_directory(place, error) && fs::is_empty(place, error));
}

/// Whether a run with these facts may replace what stands at `place`.
bool may_replace(const std::string& place, const Facts& facts) {
    if (is_free(place)) return true;
    const auto owner = owner_of(place);
    return owner && owner->kind == facts.kind && same_owner(*owner, facts) &&
           !runner::holds_foreign(place);
}

/// A check's name as part of a file name.
std::string slug(const std::string& check) {
    std::string out;
    for (const char c : check) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                           (c >= '0' && c <= '9') || c == '_' || c == '.';
        if (plain) {
            out += c;
        } else if (!out.empty() && out.back() != '-') {
            out += '-';
        }
        if (out.size() == name_max) break;
    }
    while (!out.empty() && out.back() == '-') out.pop_back();
    return out.empty() ? "check" : out;
}

}  // namespace

std::vector<std::string> variant_of(const RunRequest& request) {
    auto out = effective(request.settings);
    if (request.world != "sim") out.push_back("world=" + request.world);
    return out;
}

std::string place_of(const RunRequest& request, const Facts& facts, std::uint64_t seed) {
    if (!request.out.empty()) return request.out;
    std::string name = request.directory_name.empty() ? fs::path(request.scenario).stem().string()
                                                      : request.directory_name;
    if (facts.kind == "seed") name += "-seed";
    if (facts.kind != "sweep") name += fmt::format("-{}", seed);
    const std::string first = "runs/" + name;
    std::string place = first;
    for (int n = 2; !may_replace(place, facts); ++n) place = fmt::format("{}-{}", first, n);
    return place;
}

core::Result<void> whose_place(const std::string& place, const Facts& facts) {
    if (is_free(place)) return {};
    const auto owner = owner_of(place);
    if (!owner) {
        return core::fail(core::ErrorKind::not_found,
                          fmt::format("{} holds no run that can be read ({}); it is left as it is: "
                                      "remove it first, or name another folder",
                                      place, owner.error().text()));
    }
    if (same_owner(*owner, facts)) return {};
    std::string whose = owner->scenario;
    for (const auto& setting : owner->settings) whose += " --set " + shell_word(setting);
    if (owner->world != "sim") whose += " --world " + shell_word(owner->world);
    return core::fail(core::ErrorKind::not_found,
                      fmt::format("{} holds a run of {}, which a run of another scenario, setting "
                                  "or world does not replace: remove it first, or name another "
                                  "folder",
                                  place, whose));
}

core::Result<void> check_place(const std::string& place, const Facts& facts) {
    STORM_CHECK(runner::check_place(place));
    return whose_place(place, facts);
}

std::vector<std::string> finding_places(const std::string& first,
                                        const std::vector<runner::Group>& groups) {
    std::vector<std::string> out;
    for (const auto& group : groups) {
        if (out.empty()) {
            out.push_back(first);
            continue;
        }
        const std::string base =
            fmt::format("{}/findings/{}-{}", first, slug(group.finding.check), group.lowest);
        std::string place = base;
        for (int n = 2; std::ranges::find(out, place) != out.end(); ++n) {
            place = fmt::format("{}-{}", base, n);
        }
        out.push_back(place);
    }
    return out;
}

std::string seed_command(const Session& session, const Facts& facts, std::uint64_t seed) {
    std::string line =
        fmt::format("{} run {} --seed {}", session.program, shell_word(facts.scenario), seed);
    for (const auto& setting : facts.settings) line += " --set " + shell_word(setting);
    if (facts.world != "sim") line += " --world " + shell_word(facts.world);
    return line;
}

std::string replay_command(const Session& session, const std::string& directory) {
    return fmt::format("{} replay {}", session.program, shell_word(directory));
}

report::Command replay_command(const runner::StoredRun& stored) {
    // Without a digest (real processes, a run that ended its process) no bytes are promised.
    const bool same = nondeterminism(stored) == nullptr && stored.result.record.digest != 0;
    return {stored.command, same ? "the same bytes again" : "the same plan and seed again"};
}

const check::Finding* nondeterminism(const runner::StoredRun& stored) {
    const auto at = std::ranges::find_if(stored.result.findings, [](const auto& finding) {
        return finding.verdict == check::Verdict::violated && finding.check == "deterministic" &&
               (finding.anomaly == "divergence" || finding.anomaly == "state crosses seeds");
    });
    return at != stored.result.findings.end() ? &*at : nullptr;
}

void remember_place(const std::string& directory) {
    std::error_code error;
    const auto noted = fs::path(directory).lexically_normal();
    // What lies below runs/ is found there; nothing need be noted.
    if (directory.empty() || noted.parent_path() == "runs") return;
    fs::create_directories(fs::path(last_path).parent_path(), error);
    static_cast<void>(runner::write_file(last_path, directory + "\n"));
}

std::string remembered_place() {
    auto text = runner::read_file(last_path, 1U << 16U);
    if (!text) return {};
    while (text->ends_with('\n')) text->pop_back();
    std::error_code error;
    return fs::exists(fs::path(*text) / "verdict.json", error) ? *text : "";
}

}  // namespace storm::sdk
