#include "ui/terminal.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>

namespace storm::ui {
namespace {

std::string variable(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
}

}  // namespace

Surroundings surroundings(int stream) {
    Surroundings around;
    around.is_terminal = ::isatty(stream) == 1;
    winsize size{};
    if (around.is_terminal && ::ioctl(stream, TIOCGWINSZ, &size) == 0) around.columns = size.ws_col;
    if (around.columns == 0) {
        const std::string said = variable("COLUMNS");
        std::from_chars(said.data(), said.data() + said.size(), around.columns);
    }
    around.no_color = !variable("NO_COLOR").empty();
    around.ci = !variable("CI").empty();
    around.dumb = variable("TERM") == "dumb";
    for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
        around.locale = variable(name);
        if (!around.locale.empty()) break;
    }
    return around;
}

core::Look look_of(const Surroundings& around) {
    std::string locale = around.locale;
    std::transform(locale.begin(), locale.end(), locale.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    core::Look look;
    // Very wide lines are hard to read; a width that nobody knows is 80, as in a file.
    look.width = around.columns == 0 ? 80 : std::clamp<std::size_t>(around.columns, 40, 160);
    look.colour = around.is_terminal && !around.no_color && !around.ci && !around.dumb;
    // A file is UTF-8 whatever the locale; a terminal shows what its locale says.
    const bool utf8 =
        locale.find("utf-8") != std::string::npos || locale.find("utf8") != std::string::npos;
    look.unicode = !around.is_terminal || utf8;
    return look;
}

Terminal::Terminal(int stream) : Terminal(stream, surroundings(stream)) {}

Terminal::Terminal(int stream, const Surroundings& around, std::FILE* file)
    : file_(file != nullptr ? file
            : stream == 2   ? stderr
                            : stdout),
      is_terminal_(around.is_terminal),
      interactive_(around.is_terminal && !around.ci && !around.dumb),
      look_(look_of(around)) {}

void Terminal::print(std::string_view text) {
    const std::string safe = is_terminal_ ? core::for_screen(text) : std::string(text);
    const std::string shown = look_.unicode ? safe : core::to_ascii(safe);
    const bool whole = std::fwrite(shown.data(), 1, shown.size(), file_) == shown.size();
    if ((!whole || std::fflush(file_) != 0) && failed_ == 0) failed_ = errno;
}

}  // namespace storm::ui
