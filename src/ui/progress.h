// ui/progress.h - how far long work has come: rate and time left, on stderr, on a terminal.
//
//   seeds 1…20,000  ━━━━━━━╸━━━━━━━━━━━━   7,341  ·  6.1 k/s  ·  eta 2.1 s
//
// progress_line() is a pure function; Progress redraws it in place at most ten times a second,
// beginning a quarter of a second after the start, and leaves nothing behind.
#pragma once
#include <cstdint>
#include <string>

#include "core/lines.h"
#include "core/time.h"
#include "ui/terminal.h"

namespace storm::ui {

struct Work {
    std::string what;  // "seeds 1…20,000"
    std::uint64_t done = 0;
    std::uint64_t total = 0;  // 0: unknown; then there is no bar and no eta ...
    Duration limit{};         // ... unless the work is bounded by time.
    Duration elapsed{};
    std::string note;  // "2 failing"
};
/// One line without a newline, at most look.width - 1 columns.
[[nodiscard]] std::string progress_line(const Work& work, const core::Look& look);

class Progress {
public:
    Progress(Terminal& terminal, std::string what, std::uint64_t total, Duration limit = {});
    ~Progress() { finish(); }
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    /// Tells how far the work has come; draws if it is time. From one thread.
    void update(std::uint64_t done, const std::string& note = {});
    /// Prints a line that stays, above the bar.
    void say(const std::string& line);
    /// Takes the bar away.
    void finish();
    [[nodiscard]] Duration elapsed() const;

private:
    void erase();
    Terminal& terminal_;
    Work work_;
    std::int64_t began_ns_;
    std::int64_t drawn_ns_ = 0;
    bool shown_ = false;
};

}  // namespace storm::ui
