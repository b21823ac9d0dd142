#include "runner/directory.h"

#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <span>

#include "core/text.h"
#include "runner/formats.h"
#include "runner/place.h"

namespace storm::runner {
namespace {

using core::ErrorKind;
namespace fs = std::filesystem;

constexpr std::size_t file_max = 256U << 20U;

core::Error errno_error(const std::string& path) {
    const auto kind = errno == ENOENT ? ErrorKind::not_found : ErrorKind::io;
    return {kind, path + ": " + std::strerror(errno), {}};
}

/// Writes and syncs; what was written is there after a power loss or not at all. Errors speak of
/// `name`, the file that it is to become.
core::Result<void> write_and_sync(const std::string& path, std::string_view text,
                                  const std::string& name) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0) return std::unexpected(errno_error(name));
    while (!text.empty()) {
        const auto wrote = ::write(fd, text.data(), text.size());
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote < 0) {
            const auto error = errno_error(name);
            ::close(fd);
            return std::unexpected(error);
        }
        text.remove_prefix(static_cast<std::size_t>(wrote));
    }
    const bool synced = ::fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP;
    const auto error = errno_error(name);
    if (::close(fd) != 0 || !synced) return std::unexpected(error);
    return {};
}

void sync_folder(const std::string& path) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return;
    ::fsync(fd);
    ::close(fd);
}

core::Error error_of(const std::string& path, const std::error_code& error) {
    return {ErrorKind::io, path + ": " + error.message(), {}};
}

core::Result<void> write_all(const std::string& folder, const StoredRun& run,
                             const ExtraFiles& extra) {
    const auto put = [&](const std::string& name, std::string_view text) -> core::Result<void> {
        if (text.size() > file_max) {
            return core::fail(ErrorKind::internal, name + " is too long to be read again");
        }
        return write_and_sync(folder + "/" + name, text, name);
    };
    STORM_CHECK(put("plan.json", fault::to_json(run.result.plan)));
    const auto files = record_files(run.result.record);
    for (const auto& [name, text] : files) STORM_CHECK(put(name, text));
    STORM_CHECK(put("metrics.om", metrics_text(run)));
    STORM_CHECK(put("junit.xml", to_junit(run)));
    for (const auto& [name, text] : extra) STORM_CHECK(put(name, text));
    return put("verdict.json", verdict_json(run, files));
}

/// Whether `text` is the file that verdict.json was written with.
core::Result<void> check_noted(const StoredRun& run, const std::string& path,
                               std::string_view text) {
    const auto name = fs::path(path).filename().string();
    const auto note = std::ranges::find(run.files, name, &FileNote::name);
    if (note == run.files.end()) {
        return core::fail(ErrorKind::bad_input,
                          fs::path(path).replace_filename("verdict.json").string() +
                              ": \"files\" says nothing of " + name);
    }
    if (note->bytes == text.size() && note->digest == core::key_of(text)) return {};
    const std::string what =
        note->bytes == text.size()
            ? "other bytes than verdict.json says"
            : fmt::format("{} bytes, and verdict.json says {}", core::with_commas(text.size()),
                          core::with_commas(note->bytes));
    return core::fail(ErrorKind::bad_input,
                      path + ": " + what + "; it is damaged, changed or of another run");
}

/// Puts `made` in the place of what may stand there.
core::Result<void> move_into_place(const fs::path& made, const fs::path& place) {
    std::error_code error;
    // One step where the file system can do it: at no moment is there no run.
    const bool swapped =
        ::renameat2(AT_FDCWD, made.c_str(), AT_FDCWD, place.c_str(), RENAME_EXCHANGE) == 0;
    const fs::path old = swapped ? made : fs::path(place.string() + temporary("old"));
    const bool replaces = swapped || fs::exists(place, error);
    if (replaces && !swapped) fs::rename(place, old, error);
    if (!error && !swapped) fs::rename(made, place, error);
    if (error) {
        const auto failed = error_of(place.string(), error);
        if (replaces && !fs::exists(place)) fs::rename(old, place, error);
        return std::unexpected(failed);
    }
    if (replaces) fs::remove_all(old, error);
    sync_folder(place.has_parent_path() ? place.parent_path().string() : ".");
    return {};
}

/// Makes the folder beside `path`, lets `fill` write into it and puts it in its place.
core::Result<void> write_beside(const std::string& path,
                                const std::function<core::Result<void>(const std::string&)>& fill) {
    const fs::path place = tidy(path);
    STORM_CHECK(nothing_in_the_way(place));
    std::error_code error;
    if (place.has_parent_path()) fs::create_directories(place.parent_path(), error);
    clear_leftovers(place);
    const fs::path made = place.string() + temporary("new");
    if (!error) fs::remove_all(made, error);
    if (!error) fs::create_directory(made, error);
    if (error) return std::unexpected(error_of(made.string(), error));
    auto done = fill(made.string());
    if (done) {
        sync_folder(made.string());
        done = move_into_place(made, place);
    }
    if (!done) {
        fs::remove_all(made, error);
        return core::within(std::move(done).error(), "writing the run to " + place.string());
    }
    return {};
}

}  // namespace

core::Result<void> write_run(const std::string& path, const StoredRun& run, const ExtraFiles& extra,
                             const StoredRun* whole) {
    return write_beside(path, [&](const std::string& folder) -> core::Result<void> {
        if (whole != nullptr) {
            const std::string inner = folder + "/whole";
            std::error_code error;
            fs::create_directory(inner, error);
            if (error) return std::unexpected(error_of(inner, error));
            STORM_CHECK(write_all(inner, *whole, {}));
            sync_folder(inner);
        }
        return write_all(folder, run, extra);
    });
}

core::Result<void> write_folder(const std::string& path, const ExtraFiles& files) {
    return write_beside(path, [&](const std::string& folder) -> core::Result<void> {
        for (const auto& [name, text] : files) {
            STORM_CHECK(write_and_sync(folder + "/" + name, text, name));
        }
        return {};
    });
}

core::Result<void> write_file(const std::string& path, std::string_view text) {
    clear_leftovers(path);
    const std::string made = path + temporary("new");
    if (auto done = write_and_sync(made, text, path); !done) {
        ::unlink(made.c_str());
        return done;
    }
    if (::rename(made.c_str(), path.c_str()) != 0) {
        const auto error = errno_error(path);
        ::unlink(made.c_str());
        return std::unexpected(error);
    }
    return {};
}

core::Result<void> append_file(const std::string& path, std::string_view line) {
    const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (fd < 0) return std::unexpected(errno_error(path));
    char last = '\n';
    const off_t end = ::lseek(fd, 0, SEEK_END);
    if (end > 0) static_cast<void>(::pread(fd, &last, 1, end - 1));
    const std::string text = (last == '\n' ? "" : "\n") + std::string(line);
    errno = EIO;  // What a short write comes to.
    const bool wrote = ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
    const bool synced = wrote && (::fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP);
    const auto error = errno_error(path);
    if (::close(fd) != 0 || !synced) return std::unexpected(error);
    if (end == 0) sync_folder(fs::path(path).parent_path().string());
    return {};
}

core::Result<std::string> read_file(const std::string& path, std::size_t most) {
    const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return std::unexpected(errno_error(path));
    struct stat about{};
    const auto close_with = [&](core::Error error) -> core::Result<std::string> {
        ::close(fd);
        return std::unexpected(std::move(error));
    };
    if (::fstat(fd, &about) != 0) return close_with(errno_error(path));
    if (!S_ISREG(about.st_mode)) return close_with({ErrorKind::io, path + ": not a file", {}});
    if (static_cast<std::size_t>(about.st_size) > most) {
        return close_with({ErrorKind::bad_input,
                           fmt::format("{}: {} bytes; at most {} are read", path,
                                       core::with_commas(static_cast<std::uint64_t>(about.st_size)),
                                       core::with_commas(most)),
                           {}});
    }
    std::string text(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t size = 0;
    while (size < text.size()) {
        const auto got = ::read(fd, text.data() + size, text.size() - size);
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return close_with(errno_error(path));
        if (got == 0) break;
        size += static_cast<std::size_t>(got);
    }
    ::close(fd);
    text.resize(size);
    return text;
}

core::Result<StoredRun> read_run(const std::string& path) {
    const fs::path place = tidy(path);
    const auto name = [&](const char* file) { return (place / file).string(); };
    std::error_code error;
    if (!fs::is_directory(place, error)) {
        return core::fail(ErrorKind::not_found, place.string() + " is no run directory");
    }
    StoredRun run;
    STORM_TRY(const auto verdict, read_file(name("verdict.json")));
    STORM_CHECK(read_verdict(verdict, name("verdict.json"), run));
    STORM_CHECK(check_verdict(verdict, name("verdict.json"), run));
    const std::string digest = run.result.plan.scenario_digest;
    const std::string scenario = run.result.plan.scenario;
    STORM_TRY(const auto plan_text, read_file(name("plan.json")));
    auto plan = fault::plan_from_json(plan_text);
    if (!plan) return core::within(std::move(plan).error(), "reading " + name("plan.json"));
    if (plan->scenario_digest != digest) {
        return core::fail(ErrorKind::bad_input,
                          fmt::format("{} is a plan of another scenario ({}) than the verdict "
                                      "beside it ({})",
                                      name("plan.json"), plan->scenario, scenario));
    }
    run.result.plan = std::move(*plan);
    auto& record = run.result.record;
    STORM_TRY(const auto history, read_file(name("history.jsonl")));
    STORM_TRY(record.history, history::history_from_jsonl(history, name("history.jsonl")));
    STORM_CHECK(check_noted(run, name("history.jsonl"), history));
    STORM_TRY(const auto decisions, read_file(name("decisions.jsonl")));
    STORM_CHECK(read_decisions(decisions, name("decisions.jsonl"), record));
    STORM_CHECK(check_noted(run, name("decisions.jsonl"), decisions));
    STORM_TRY(const auto events, read_file(name("events.jsonl")));
    STORM_CHECK(read_events(events, name("events.jsonl"), record));
    STORM_CHECK(check_noted(run, name("events.jsonl"), events));
    for (const auto& event : record.trace) {
        if (event.kind != history::EventKind::publish) continue;
        record.published.push_back({event.node, event.name, event.value, event.at});
    }
    for (auto& finding : run.result.findings) {
        const auto outside = [&](auto index) { return index >= record.history.size(); };
        if (std::ranges::any_of(finding.operations, outside) ||
            (finding.fatal != ~0U && outside(finding.fatal))) {
            return core::fail(ErrorKind::bad_input,
                              name("verdict.json") + ": a finding points beyond the " +
                                  core::counted(record.history.size(), "operation") +
                                  " of history.jsonl");
        }
    }
    return run;
}

std::string build_id() {
    std::string id;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* to) {
            for (int i = 0; i < info->dlpi_phnum; ++i) {
                const auto& header = info->dlpi_phdr[i];
                if (header.p_type != PT_NOTE) continue;
                const auto* at =
                    reinterpret_cast<const std::byte*>(info->dlpi_addr + header.p_vaddr);
                const auto* end = at + header.p_memsz;
                while (at + sizeof(ElfW(Nhdr)) <= end) {
                    ElfW(Nhdr) note;
                    std::memcpy(&note, at, sizeof note);
                    const auto padded = [](std::size_t n) { return (n + 3) & ~std::size_t{3}; };
                    const auto* bytes = at + sizeof note + padded(note.n_namesz);
                    if (note.n_type == NT_GNU_BUILD_ID && bytes + note.n_descsz <= end) {
                        for (const auto byte : std::span(bytes, note.n_descsz)) {
                            *static_cast<std::string*>(to) +=
                                fmt::format("{:02x}", std::to_integer<unsigned>(byte));
                        }
                        return 1;
                    }
                    at = bytes + padded(note.n_descsz);
                }
            }
            return 1;  // Only the program itself, which comes first.
        },
        &id);
    if (!id.empty()) return id;
    // Linked without a build id.
    const auto image = read_file("/proc/self/exe", 4UL << 30U);
    if (!image) return "unknown";
    core::Key key = image->size();
    for (std::size_t at = 0; at + 8 <= image->size(); at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, image->data() + at, sizeof word);
        key = core::combine(key, word);
    }
    return core::hex(key);
}

}  // namespace storm::runner
