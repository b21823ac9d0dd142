#include "scenario/form.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/text.h"

namespace storm::scenario {
namespace {

using fault::ParamSpec;
using fault::ParamType;
using fault::ParamValue;
using Kind = YamlNode::Kind;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// What stands behind the number that `text` begins with; nothing if it begins with none.
std::optional<std::string_view> unit_in(std::string_view text) {
    std::size_t i = text.starts_with('-') || text.starts_with('+') ? 1 : 0;
    const std::size_t digits = i;
    while (i < text.size() && (is_digit(text[i]) || (i > digits && text[i] == '.'))) ++i;
    if (i == digits) return std::nullopt;
    return text.substr(i);
}

std::string_view noun(ParamType type) {
    switch (type) {
        case ParamType::duration:
            return "duration";
        case ParamType::share:
            return "share";
        case ParamType::integer:
            return "whole number";
        case ParamType::ppm:
            return "drift";
        case ParamType::bytes:
            return "size";
        case ParamType::rate:
            return "rate";
        case ParamType::boolean:
            return "yes or no";
        case ParamType::text:
            return "text";
        case ParamType::groups:
            return "list of groups";
    }
    return "value";
}

/// Why parse_param could not read `text`: "unknown unit in ...", "no unit in ...", ...
std::string why_unread(const ParamSpec& spec, std::string_view text) {
    if (spec.type == ParamType::boolean) return quoted(text) + " is neither on nor off";
    const auto unit = unit_in(text);
    if (!unit || spec.type == ParamType::integer) {
        return fmt::format("{} is no {}", quoted(text), noun(spec.type));
    }
    if (unit->empty()) return fmt::format("no unit in {}", quoted(text));
    if (unit->front() == ' ') return fmt::format("a blank inside of {}", quoted(text));
    ParamSpec any = spec;
    any.low = INT64_MIN;
    any.high = INT64_MAX;
    if (fault::parse_param(any, "1" + std::string(*unit))) {
        return fmt::format("{} is too large or too fine", quoted(text));
    }
    return fmt::format("unknown unit in {}", quoted(text));
}

}  // namespace

std::string quoted(std::string_view text) {
    constexpr std::size_t most = 60;
    if (text.size() <= most) return core::json_quoted(text);
    return core::json_quoted(std::string(text.substr(0, most)) + "...");
}

bool Form::want(const YamlNode& node, Kind kind, std::string_view name) {
    if (node.is(kind)) return true;
    const bool one = node.is(Kind::scalar) && kind == Kind::sequence && node.text.size() < 60;
    wrong(node, fmt::format("{} is {}, found {}", name, to_text(kind), to_text(node.kind)),
          one ? fmt::format("as in {}: [{}]", name, node.text) : "");
    return false;
}

std::string Form::suggest(std::string_view word, std::span<const std::string> known) {
    if (word.size() < 60) {
        if (const auto near = core::nearest(word, known)) return "did you mean " + *near + "?";
    }
    if (known.empty()) return "there is none to choose from";
    return fmt::format("want {}", fmt::join(known, " | "));
}

void Form::known_keys(const YamlNode& map, std::span<const std::string> allowed,
                      std::string_view where) {
    for (const YamlNode::Entry& entry : map.entries) {
        if (contains(allowed, entry.key)) continue;
        std::string help = suggest(entry.key, allowed);
        if (help.starts_with("want ")) {
            const auto shown = allowed.first(std::min<std::size_t>(allowed.size(), 12));
            help = fmt::format("known: {}{}", fmt::join(shown, ", "),
                               shown.size() < allowed.size() ? ", ..." : "");
        }
        problems_.add(entry.place, fmt::format("unknown key {} in {}", quoted(entry.key), where),
                      std::move(help));
    }
}

void Form::refused(const ParamSpec& spec, const YamlNode& node, const std::string& message) {
    const std::string name = spec.name + ": ";
    const std::string unread =
        fmt::format("{}cannot read {}: ", name, core::json_quoted(node.text));
    if (message.starts_with(unread)) {
        const bool said = spec.type == ParamType::integer;
        wrong(node, why_unread(spec, node.text), said ? "" : message.substr(unread.size()));
        return;
    }
    const std::string rest = message.starts_with(name) ? message.substr(name.size()) : message;
    const auto colon = rest.rfind(": ");
    if (colon == std::string::npos) {
        wrong(node, rest);
    } else {
        wrong(node, rest.substr(0, colon), rest.substr(colon + 2));
    }
}

std::optional<fault::Groups> Form::groups(const ParamSpec& spec, const YamlNode& node) {
    const std::string help = "lists of nodes, as in [[n1], [n2, n3]]";
    if (!node.is(Kind::sequence)) {
        wrong(node, fmt::format("{} is a list of lists, found {}", spec.name, to_text(node.kind)),
              help);
        return std::nullopt;
    }
    fault::Groups groups;
    const std::size_t before = problems_.count();
    for (const YamlNode* item : node.items) {
        if (!item->is(Kind::sequence)) {
            wrong(*item, fmt::format("a group is a list, found {}", to_text(item->kind)), help);
            continue;
        }
        groups.push_back(ids(*item));
    }
    if (problems_.count() != before) return std::nullopt;
    const auto fine = fault::check_range(spec, groups);
    if (!fine) {
        refused(spec, node, fine.error().message);
        return std::nullopt;
    }
    return groups;
}

std::optional<ParamValue> Form::param(const ParamSpec& spec, const YamlNode& node) {
    if (spec.type == ParamType::groups) {
        auto read = groups(spec, node);
        if (!read) return std::nullopt;
        return ParamValue(std::move(*read));
    }
    if (!node.is(Kind::scalar)) {
        wrong(node,
              fmt::format("{} is a {}, found {}", spec.name, noun(spec.type), to_text(node.kind)));
        return std::nullopt;
    }
    if (!printable(spec.name, node)) return std::nullopt;
    std::string_view text = node.text;
    if (spec.type == ParamType::boolean && node.plain) {
        if (text == "on" || text == "yes") text = "true";
        if (text == "off" || text == "no") text = "false";
    }
    auto parsed = fault::parse_param(spec, text);
    if (!parsed) {
        refused(spec, node, parsed.error().message);
        return std::nullopt;
    }
    return std::move(*parsed);
}

std::optional<std::int64_t> Form::number(std::string_view name, ParamType type,
                                         const YamlNode& node, std::int64_t low,
                                         std::int64_t high) {
    ParamSpec spec;
    spec.name = name;
    spec.type = type;
    spec.low = low;
    spec.high = high;
    const auto value = param(spec, node);
    if (!value) return std::nullopt;
    return std::get<std::int64_t>(*value);
}

std::optional<Duration> Form::duration(std::string_view name, const YamlNode& node, Duration low) {
    constexpr std::int64_t longest = 1'000LL * 3'600 * 1'000'000'000;  // 1000 h
    const auto ns = number(name, ParamType::duration, node, low.ns, longest);
    if (!ns) return std::nullopt;
    return Duration{*ns};
}

std::optional<bool> Form::flag(std::string_view name, const YamlNode& node) {
    ParamSpec spec;
    spec.name = name;
    spec.type = ParamType::boolean;
    const auto value = param(spec, node);
    if (!value) return std::nullopt;
    return std::get<bool>(*value);
}

/// A terminal would obey control characters, and no name and no title needs them.
bool Form::printable(std::string_view name, const YamlNode& node) {
    for (std::string_view rest = node.text; !rest.empty();) {
        const char32_t code = core::take_character(rest);
        const bool blank = code == U'\n' || code == U'\r' || code == U'\t';
        if (blank || (code >= 0x20 && code < 0x7F) || code >= 0xA0) continue;
        wrong(node,
              fmt::format("{} has the control character U+{:04X}", name,
                          static_cast<std::uint32_t>(code)),
              "leave it out");
        return false;
    }
    return true;
}

std::optional<std::string> Form::text(std::string_view name, const YamlNode& node) {
    if (node.is(Kind::scalar)) {
        return printable(name, node) ? std::optional(node.text) : std::nullopt;
    }
    wrong(node, fmt::format("{} is text, found {}", name, to_text(node.kind)));
    return std::nullopt;
}

std::optional<std::size_t> Form::choice(std::string_view name, const YamlNode& node,
                                        std::span<const std::string> choices) {
    const auto word = text(name, node);
    if (!word) return std::nullopt;
    const auto at = std::ranges::find(choices, *word);
    if (at != choices.end()) return static_cast<std::size_t>(at - choices.begin());
    wrong(node, fmt::format("{} cannot be {}", name, quoted(*word)), suggest(*word, choices));
    return std::nullopt;
}

std::optional<core::Id> Form::id(const YamlNode& node, char kind) {
    const std::string_view what = kind == 'c' ? "client" : kind == 'n' ? "node" : "node or client";
    if (!node.is(Kind::scalar)) {
        wrong(node, fmt::format("a {} is a name, found {}", what, to_text(node.kind)),
              kind == 'c' ? "as in c1" : "as in n1");
        return std::nullopt;
    }
    const auto found = core::id_from(node.text);
    if (!found || (kind == 'n' && found->is_client()) || (kind == 'c' && !found->is_client())) {
        wrong(node, fmt::format("{} names no {}", quoted(node.text), what),
              kind == 'c' ? "clients are c1, c2, ..." : "nodes are n1, n2, ...");
        return std::nullopt;
    }
    const auto& count = found->is_client() ? clients_ : nodes_;
    if (count && found->index() >= *count) {
        const std::string_view noun = found->is_client() ? "client" : "node";
        wrong(node, fmt::format("there is no {} {}", noun, node.text),
              *count == 0 ? fmt::format("there are no {}s", noun)
                          : fmt::format("the last of {} is {}{}", core::counted(*count, noun),
                                        found->is_client() ? 'c' : 'n', *count));
        return std::nullopt;
    }
    return found;
}

std::vector<core::Id> Form::ids(const YamlNode& node, char kind) {
    std::vector<core::Id> list;
    const auto add = [&](const YamlNode& each) {
        const auto one = id(each, kind);
        if (one) list.push_back(*one);
    };
    if (!node.is(Kind::sequence)) {
        add(node);
        return list;
    }
    for (const YamlNode* item : node.items) add(*item);
    return list;
}

std::optional<Value> Form::value(const YamlNode& node, int depth) {
    if (node.is(Kind::null)) return Value();
    if (node.is(Kind::map) || depth > 8) {
        wrong(node, "a value is a number, text, true, false, null or a list of these");
        return std::nullopt;
    }
    if (node.is(Kind::sequence)) {
        Value::List list;
        for (const YamlNode* item : node.items) {
            auto each = value(*item, depth + 1);
            if (!each) return std::nullopt;
            list.push_back(std::move(*each));
        }
        return Value(std::move(list));
    }
    if (!node.plain) return Value(node.text);
    if (node.text == "true" || node.text == "false") return Value(node.text == "true");
    if (node.text == "null" || node.text == "~") return Value();
    std::int64_t number = 0;
    const char* end = node.text.data() + node.text.size();
    const auto [at, error] = std::from_chars(node.text.data(), end, number);
    if (error == std::errc{} && at == end) return Value(number);
    return Value(node.text);
}

fault::Params Form::params(std::span<const ParamSpec> specs, const YamlNode& map,
                           std::string_view who, std::string_view more) {
    fault::Params params;
    for (const ParamSpec& spec : specs) {
        if (const YamlNode* node = map.find(spec.name)) {
            auto read = param(spec, *node);
            if (read) params.set(spec.name, std::move(*read), spec.type);
        } else if (spec.otherwise) {
            params.set(spec.name, *spec.otherwise, spec.type);
        } else {
            const std::string example = spec.type == ParamType::groups
                                            ? "[[n1], [n2, n3]]"
                                            : fmt::format("({})", spec.summary);
            problems_.missing(map.place, fmt::format("{} needs {}", who, spec.name),
                              fmt::format("add {}: {}{}", spec.name, example, more));
        }
    }
    return params;
}

}  // namespace storm::scenario
