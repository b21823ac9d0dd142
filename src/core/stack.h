// core/stack.h - where code was, in names.
//
// dladdr and backtrace_symbols see the names that a program exports; functions of anonymous
// namespaces, where node code likes to live, are not among them. They stand in the symbol table
// of the program's file (.symtab), which is read here when the first name is asked for. A program
// that was stripped of it keeps the names it exports.
#pragma once
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace storm::core {

/// Return addresses, innermost first.
struct Stack {
    static constexpr std::size_t most = 48;
    std::array<void*, most> frames{};
    int count = 0;
    [[nodiscard]] std::span<void* const> all() const {
        return {frames.data(), static_cast<std::size_t>(count)};
    }
};

/// Of the caller. The first call loads what it needs and allocates; later ones do not.
[[nodiscard]] Stack stack_here();

/// A stack for people.
struct ReadableStack {
    std::string text;  // One function a line.
    std::string top;   // The first that is not of the run time: plain_name().

    /// `place`: for functions without a name. Adds what has neither to nothing.
    void add(const std::string& name, std::string_view place);
};
[[nodiscard]] ReadableStack readable(std::span<void* const> addresses);

/// Of the text of a stack: the functions of the program that called each other, innermost first, up
/// to the first of the run time: {"raft::append", "raft::on_message"}.
[[nodiscard]] std::vector<std::string> own_functions(std::string_view stack);

/// The function of this program at so many bytes from where it was loaded, readable; "" if unknown.
[[nodiscard]] std::string function_at(std::uintptr_t offset);
/// A mangled name made readable; any other stays as it is.
[[nodiscard]] std::string demangled(const std::string& symbol);
/// A readable name without result, parameters and the suffixes of coroutine parts: "raft::append".
[[nodiscard]] std::string plain_name(std::string name);
/// Whether a readable name is of the world that runs node code, of the language or of libc.
[[nodiscard]] bool is_runtime(std::string_view name);

/// The stack of the exception that node code threw last on this thread (core/guard.h takes it).
[[nodiscard]] Stack& last_throw();

}  // namespace storm::core
