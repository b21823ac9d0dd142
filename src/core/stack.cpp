#include "core/stack.h"

#include <cxxabi.h>
#include <dlfcn.h>
#include <elf.h>
#include <execinfo.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "core/text.h"

namespace storm::core {
namespace {

struct Function {
    std::uintptr_t from, to;
    const char* name;
};

/// The functions of the running program by address; its file stays mapped while it runs.
std::vector<Function> read_functions() {
    std::vector<Function> out;
    const int fd = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return out;
    struct stat about{};
    void* memory = MAP_FAILED;
    std::size_t size = 0;
    if (::fstat(fd, &about) == 0 && about.st_size > static_cast<off_t>(sizeof(ElfW(Ehdr)))) {
        size = static_cast<std::size_t>(about.st_size);
        memory = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
    }
    ::close(fd);
    if (memory == MAP_FAILED) return out;
    const auto* image = static_cast<const std::byte*>(memory);
    const auto* head = reinterpret_cast<const ElfW(Ehdr)*>(image);
    const auto inside = [&](std::uint64_t at, std::uint64_t length) {
        return at <= size && length <= size - at;
    };
    if (std::memcmp(head->e_ident, ELFMAG, SELFMAG) != 0 ||
        !inside(head->e_shoff, sizeof(ElfW(Shdr)) * head->e_shnum)) {
        return out;
    }
    const auto* sections = reinterpret_cast<const ElfW(Shdr)*>(image + head->e_shoff);
    for (unsigned i = 0; i < head->e_shnum; ++i) {
        const auto& table = sections[i];
        if (table.sh_type != SHT_SYMTAB || table.sh_link >= head->e_shnum) continue;
        const auto& names = sections[table.sh_link];
        if (!inside(table.sh_offset, table.sh_size) || !inside(names.sh_offset, names.sh_size)) {
            continue;
        }
        const auto* symbols = reinterpret_cast<const ElfW(Sym)*>(image + table.sh_offset);
        const auto* text = reinterpret_cast<const char*>(image + names.sh_offset);
        for (std::size_t j = 0; j < table.sh_size / sizeof(ElfW(Sym)); ++j) {
            const auto& symbol = symbols[j];
            if (ELF64_ST_TYPE(symbol.st_info) != STT_FUNC || symbol.st_size == 0) continue;
            if (symbol.st_name >= names.sh_size) continue;
            out.push_back(
                {symbol.st_value, symbol.st_value + symbol.st_size, text + symbol.st_name});
        }
    }
    std::ranges::sort(out, {}, &Function::from);
    return out;
}

/// Where the program was loaded: what offsets count from.
std::uintptr_t load_base() {
    std::uintptr_t base = 0;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* to) {
            *static_cast<std::uintptr_t*>(to) = info->dlpi_addr;
            return 1;  // Only the program itself, which comes first.
        },
        &base);
    return base;
}

/// The place of the last space outside of brackets, before the parameters.
std::size_t result_end(std::string_view name) {
    std::size_t last = 0;
    int depth = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        if (name.substr(i).starts_with("operator")) break;
        if (name.substr(i).starts_with("(anonymous namespace)")) {
            i += std::string_view("(anonymous namespace)").size() - 1;
            continue;
        }
        if (c == '(' && depth == 0) break;
        if (c == '<' || c == '(' || c == '{') ++depth;
        if (c == '>' || c == ')' || c == '}') --depth;
        if (c == ' ' && depth == 0) last = i + 1;
    }
    return last;
}

}  // namespace

Stack stack_here() {
    Stack stack;
    stack.count = backtrace(stack.frames.data(), static_cast<int>(Stack::most));
    return stack;
}

std::string function_at(std::uintptr_t offset) {
    static const std::vector<Function> functions = read_functions();  // Of a program that is fixed.
    const auto after = std::ranges::upper_bound(functions, offset, {}, &Function::from);
    if (after == functions.begin() || std::prev(after)->to <= offset) return {};
    return demangled(std::prev(after)->name);
}

std::string demangled(const std::string& symbol) {
    int status = 0;
    char* name = abi::__cxa_demangle(symbol.c_str(), nullptr, nullptr, &status);
    std::string out = status == 0 && name != nullptr ? name : symbol;
    std::free(name);
    return out;
}

std::string plain_name(std::string name) {
    for (const auto* suffix : {" (.", " [clone"}) {
        if (const auto at = name.find(suffix); at != std::string::npos) name.resize(at);
    }
    name.erase(0, result_end(name));
    int depth = 0;
    for (std::size_t i = 0; i < name.size(); ++i) {
        if (name[i] == '<') ++depth;
        if (name[i] == '>') --depth;
        if (name[i] == '(' && depth == 0 && i > 0 &&
            !std::string_view(name).substr(i).starts_with("(anonymous namespace)")) {
            name.resize(i);
            break;
        }
    }
    return name;
}

bool is_runtime(std::string_view name) {
    const std::string plain = plain_name(std::string(name));
    for (const auto* ours :
         {"storm::core::", "storm::node::", "storm::world::", "storm::runner::", "storm::sdk::",
          "storm::sim::Simulation", "storm::sim::Wheel", "std::", "__gnu_cxx::", "__sanitizer",
          "__asan", "__ubsan", "__tsan", "__interceptor", "__cxa_", "operator new",
          "operator delete", "__libc_", "storm_guard_"}) {
        if (plain.starts_with(ours)) return true;
    }
    static constexpr std::array whole = {"abort",  "raise",        "malloc", "free",  "main",
                                         "_start", "exit",         "_exit",  "_Exit", "quick_exit",
                                         "kill",   "pthread_kill", "tgkill", "killpg"};
    return std::ranges::find(whole, std::string_view(plain)) != whole.end();
}

void ReadableStack::add(const std::string& name, std::string_view place) {
    if (name.empty() && place.empty()) return;
    text += "  ";
    text += name.empty() ? place : std::string_view(name);
    text += '\n';
    if (top.empty() && !name.empty() && !is_runtime(name)) top = plain_name(name);
}

std::vector<std::string> own_functions(std::string_view stack) {
    std::vector<std::string> own;
    for (const auto& line : split(stack, '\n')) {
        // A function without a name is told as a place in its file; so is a signal.
        if (!line.starts_with("  ") || line.find("+0x") != std::string::npos) continue;
        std::string name = plain_name(line.substr(2));
        constexpr std::string_view unnamed = "(anonymous namespace)::";
        for (auto at = name.find(unnamed); at != std::string::npos; at = name.find(unnamed)) {
            name.erase(at, unnamed.size());
        }
        if (!is_runtime(name)) {
            own.push_back(std::move(name));
        } else if (!own.empty()) {
            break;
        }
    }
    return own;
}

ReadableStack readable(std::span<void* const> addresses) {
    ReadableStack out;
    const std::uintptr_t base = load_base();
    for (void* const address : addresses) {
        // A call may be the last thing that a function does: its return address is another's.
        const auto at = reinterpret_cast<std::uintptr_t>(address) - 1;
        Dl_info info{};
        const bool known = dladdr(reinterpret_cast<void*>(at), &info) != 0;
        const bool own =
            known && reinterpret_cast<std::uintptr_t>(info.dli_fbase) <= at && at >= base &&
            (info.dli_fname == nullptr || std::strstr(info.dli_fname, ".so") == nullptr);
        std::string name;
        if (own) name = function_at(at - base);
        if (name.empty() && known && info.dli_sname != nullptr) name = demangled(info.dli_sname);
        // What lies in a library is not where a node's code went wrong.
        if (known && !own) {
            out.text += fmt::format("  {} ({})\n", name.empty() ? "?" : name, info.dli_fname);
            continue;
        }
        out.add(name, known ? fmt::format("?+{:#x}", at - base) : "");
    }
    return out;
}

Stack& last_throw() {
    thread_local Stack stack;
    return stack;
}

}  // namespace storm::core
