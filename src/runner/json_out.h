// runner/json_out.h - writes JSON, keys in the order they are told, one item a line where asked.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/text.h"
#include "core/time.h"

namespace storm::runner {

class JsonOut {
public:
    void begin_object(std::string_view key = {}) { open(key, '{'); }
    void begin_list(std::string_view key = {}) { open(key, '['); }
    void end() {
        const char close = closes_.back();
        closes_.pop_back();
        if (lines_ != 0 && closes_.size() + 1 == lines_ && !first_) text_ += '\n';
        if (closes_.size() + 1 == lines_) lines_ = 0;
        text_ += close;
        first_ = false;
    }
    /// From here to the end of the present list or object each item stands on its own line.
    void one_a_line() { lines_ = closes_.size(); }

    void text(std::string_view key, std::string_view value) {
        name(key);
        text_ += core::json_quoted(value);
    }
    void boolean(std::string_view key, bool value) { raw(key, value ? "true" : "false"); }
    void number(std::string_view key, std::uint64_t value) { raw(key, std::to_string(value)); }
    void time(std::string_view key, Instant value) { text(key, core::to_text(value)); }
    /// JSON as it stands.
    void raw(std::string_view key, std::string_view json) {
        name(key);
        text_ += json;
    }
    /// Left out if it says nothing.
    void text_if(std::string_view key, std::string_view value) {
        if (!value.empty()) text(key, value);
    }
    [[nodiscard]] std::string take() { return std::move(text_); }

private:
    void name(std::string_view key) {
        if (!first_) text_ += ',';
        if (lines_ != 0 && closes_.size() == lines_) text_ += '\n';
        first_ = false;
        if (!key.empty()) text_ += core::json_quoted(key) + ":";
    }
    void open(std::string_view key, char c) {
        if (!closes_.empty()) name(key);
        text_ += c;
        closes_ += c == '{' ? '}' : ']';
        first_ = true;
    }
    std::string text_;
    std::string closes_;
    bool first_ = true;
    std::size_t lines_ = 0;  // Depth at which items stand on their own lines.
};

}  // namespace storm::runner
