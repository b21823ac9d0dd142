#include "ui/table.h"

#include <algorithm>
#include <cstdint>

#include "core/text.h"

namespace storm::ui {
namespace {

constexpr std::size_t flexible_min = 16;
constexpr std::size_t none = SIZE_MAX;

std::size_t flexible_of(const Table& table) {
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].flexible) return i;
    }
    return table.columns.empty() || table.columns.back().right ? none : table.columns.size() - 1;
}

std::string trimmed(std::string line) {
    while (!line.empty() && line.back() == ' ') line.pop_back();
    return line;
}

/// One row of the table: as many lines as its tallest cell.
std::string lines_of(const Table& table, const std::vector<std::string>& row,
                     const std::vector<std::size_t>& widths, std::size_t flexible,
                     core::Paint paint, const core::Look& look) {
    std::vector<std::string> folded;
    if (flexible < row.size()) folded = core::wrapped(core::plain(row[flexible]), widths[flexible]);
    std::string out;
    for (std::size_t line = 0; line == 0 || line < folded.size(); ++line) {
        std::string text;
        for (std::size_t i = 0; i < widths.size(); ++i) {
            std::string cell;
            if (i == flexible) {
                if (line < folded.size()) cell = folded[line];
            } else if (line == 0 && i < row.size()) {
                cell = core::plain(row[i]);
            }
            text += "  ";
            text += table.columns[i].right ? core::padded_left(cell, widths[i])
                                           : core::padded(cell, widths[i]);
        }
        out += core::painted(trimmed(text), paint, look) + "\n";
    }
    return out;
}

}  // namespace

std::string draw(const Table& table, const core::Look& look) {
    std::vector<std::size_t> widths;
    std::vector<std::string> titles;
    bool titled = false;
    for (const auto& column : table.columns) {
        widths.push_back(core::columns(column.title));
        titles.push_back(column.title);
        titled = titled || !column.title.empty();
    }
    for (const auto& row : table.rows) {
        for (std::size_t i = 0; i < std::min(row.size(), widths.size()); ++i) {
            widths[i] = std::max(widths[i], core::columns(core::plain(row[i])));
        }
    }
    const std::size_t flexible = flexible_of(table);
    if (flexible != none) {
        std::size_t rigid = 0;
        for (std::size_t i = 0; i < widths.size(); ++i)
            rigid += 2 + (i == flexible ? 0 : widths[i]);
        const std::size_t room =
            look.width > rigid + flexible_min ? look.width - rigid : flexible_min;
        widths[flexible] = std::min(widths[flexible], room);
    }
    std::string out;
    if (titled) out += lines_of(table, titles, widths, flexible, core::Paint::faint, look);
    for (const auto& row : table.rows) {
        out += lines_of(table, row, widths, flexible, core::Paint::none, look);
    }
    return look.unicode ? out : core::to_ascii(out);
}

}  // namespace storm::ui
