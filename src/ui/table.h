// ui/table.h - columns of text, for lists and explanations.
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "core/lines.h"

namespace storm::ui {

struct Column {
    std::string title;      // "" in all columns: no heading line.
    bool right = false;     // Numbers.
    bool flexible = false;  // Wraps when the screen is too narrow; the last one by default.
};
struct Table {
    std::vector<Column> columns;
    std::vector<std::vector<std::string>> rows;
};
/// Columns two spaces apart; lines of at most look.width columns as long as the rigid
/// columns leave the flexible one 16.
[[nodiscard]] std::string draw(const Table& table, const core::Look& look);

}  // namespace storm::ui
