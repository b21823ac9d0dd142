// ui/terminal.h - what the user's terminal can do, and writing to it.
//
// Colour is decoration: whatever it says, a word or a sign says too. It is used only on a
// terminal, and not where NO_COLOR, CI or TERM=dumb is set.
#pragma once
#include <cstddef>
#include <cstdio>
#include <string>
#include <string_view>

#include "core/lines.h"

namespace storm::ui {

/// What decides the look; read once from the process, or made up by a test.
struct Surroundings {
    bool is_terminal = false;
    std::size_t columns = 0;  // Of the terminal; else what COLUMNS says. 0: unknown.
    bool no_color = false, ci = false, dumb = false;
    std::string locale;  // LC_ALL, LC_CTYPE or LANG, the first that is set.
};
/// Of stdout (1) or stderr (2).
[[nodiscard]] Surroundings surroundings(int stream);
[[nodiscard]] core::Look look_of(const Surroundings& around);

/// One output stream of the process and how to write to it.
class Terminal {
public:
    explicit Terminal(int stream);
    /// `file`: where that stream of the user's really is; null: stdout or stderr.
    Terminal(int stream, const Surroundings& around, std::FILE* file = nullptr);
    [[nodiscard]] const core::Look& look() const { return look_; }
    [[nodiscard]] bool interactive() const { return interactive_; }
    /// Writes at once; without Unicode, in ASCII. To a terminal, nothing that acts on it but our
    /// own colours.
    void print(std::string_view text);
    /// errno of the first write that failed (ENOSPC, EPIPE, ...), or 0.
    [[nodiscard]] int failed() const { return failed_; }

private:
    std::FILE* file_;
    int failed_ = 0;
    bool is_terminal_;
    bool interactive_;
    core::Look look_;
};

}  // namespace storm::ui
