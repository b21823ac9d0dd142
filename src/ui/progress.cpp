#include "ui/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "core/text.h"

namespace storm::ui {
namespace {

constexpr std::int64_t first_after_ns = 250'000'000;
constexpr std::int64_t between_ns = 100'000'000;

std::int64_t clock_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

/// 0 to 1,000: how much of the work is done, by count or by time; -1 if nobody knows.
std::int64_t per_mille(const Work& work) {
    if (work.total > 0) {
        const std::uint64_t done = std::min(work.done, work.total);
        return static_cast<std::int64_t>(static_cast<double>(done) * 1000 /
                                         static_cast<double>(work.total));
    }
    if (work.limit.ns > 0) {
        return std::min<std::int64_t>(
            work.elapsed.ns / std::max<std::int64_t>(work.limit.ns / 1000, 1), 1000);
    }
    return -1;
}

/// Two digits of seconds are enough for a guess: "2.1 s", "48 s", "3 min 20 s".
std::string short_time(double seconds) {
    if (seconds < 10) return fmt::format("{:.1f} s", seconds);
    const auto whole = static_cast<std::int64_t>(seconds);
    if (whole < 60) return fmt::format("{} s", whole);
    if (whole < 3600) return fmt::format("{} min {} s", whole / 60, whole % 60);
    return fmt::format("{} h {} min", whole / 3600, whole % 3600 / 60);
}

std::string eta(const Work& work) {
    const double elapsed = static_cast<double>(work.elapsed.ns) / 1e9;
    if (work.limit.ns > 0) {
        const double left = static_cast<double>((work.limit - work.elapsed).ns) / 1e9;
        return short_time(std::max(left, 0.0));
    }
    if (work.total == 0 || work.done == 0) return {};
    const double left = work.done >= work.total
                            ? 0
                            : elapsed * static_cast<double>(work.total - work.done) /
                                  static_cast<double>(work.done);
    return short_time(left);
}

std::string bar(std::int64_t share, std::size_t width, const core::Look& look) {
    const auto halves = static_cast<std::size_t>(share) * width * 2 / 1000;
    std::string full, rest;
    for (std::size_t i = 0; i < width; ++i) {
        if (i < halves / 2) {
            full += look.unicode ? "━" : "=";
        } else if (i == halves / 2 && halves % 2 == 1) {
            full += look.unicode ? "╸" : "-";
        } else {
            rest += look.unicode ? (look.colour ? "━" : "─") : ".";
        }
    }
    return core::painted(full, core::Paint::accent, look) +
           core::painted(rest, core::Paint::faint, look);
}

}  // namespace

std::string progress_line(const Work& work, const core::Look& look) {
    const double elapsed = static_cast<double>(work.elapsed.ns) / 1e9;
    std::string facts = core::with_commas(work.done);
    if (elapsed > 0.05 && work.done > 0) {
        facts += "  ·  " + core::short_number(static_cast<double>(work.done) / elapsed) + "/s";
    }
    if (const auto left = eta(work); !left.empty()) facts += "  ·  eta " + left;
    if (!work.note.empty()) facts += "  ·  " + core::plain(work.note);
    const std::int64_t share = per_mille(work);
    const std::string what = "  " + core::plain(work.what) + "  ";
    const std::size_t room = look.width > 1 ? look.width - 1 : 0;
    const std::size_t used = core::columns(what) + core::columns(facts) + 3;
    std::string line = what;
    if (share >= 0 && room > used + 4) {
        line += bar(share, std::min<std::size_t>(room - used, 20), look) + "   " + facts;
    } else {
        line = core::shortened(what + facts, room);
    }
    return look.unicode ? line : core::to_ascii(line);
}

Progress::Progress(Terminal& terminal, std::string what, std::uint64_t total, Duration limit)
    : terminal_(terminal), began_ns_(clock_ns()) {
    work_.what = std::move(what);
    work_.total = total;
    work_.limit = limit;
}

Duration Progress::elapsed() const { return Duration{clock_ns() - began_ns_}; }

void Progress::update(std::uint64_t done, const std::string& note) {
    if (!terminal_.interactive()) return;
    const std::int64_t now = clock_ns();
    if (now - began_ns_ < first_after_ns || (shown_ && now - drawn_ns_ < between_ns)) return;
    work_.done = done;
    work_.note = note;
    work_.elapsed = Duration{now - began_ns_};
    terminal_.print("\r\033[K" + progress_line(work_, terminal_.look()));
    drawn_ns_ = now;
    shown_ = true;
}

void Progress::say(const std::string& line) {
    erase();
    terminal_.print(line + "\n");
}

void Progress::finish() { erase(); }

void Progress::erase() {
    if (shown_) terminal_.print("\r\033[K");
    shown_ = false;
}

}  // namespace storm::ui
