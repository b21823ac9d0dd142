#include "fault/param.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/require.h"
#include "core/text.h"

namespace storm::fault {
namespace {

using core::ErrorKind;
__extension__ using Wide = __int128;

struct Unit {
    std::string_view name;
    std::int64_t factor;
};
constexpr std::array<Unit, 10> byte_units = {{{"GiB", 1LL << 30},
                                              {"MiB", 1LL << 20},
                                              {"KiB", 1LL << 10},
                                              {"GB", 1'000'000'000},
                                              {"MB", 1'000'000},
                                              {"kB", 1'000},
                                              {"KB", 1'000},
                                              {"B", 1},
                                              {"", 1},
                                              {"bytes", 1}}};
// Bits come first as eighths of a byte: the factor counts bits.
constexpr std::array<Unit, 8> rate_units = {{{"GB/s", 8'000'000'000},
                                             {"MB/s", 8'000'000},
                                             {"kB/s", 8'000},
                                             {"B/s", 8},
                                             {"Gbit/s", 1'000'000'000},
                                             {"Mbit/s", 1'000'000},
                                             {"kbit/s", 1'000},
                                             {"bit/s", 1}}};
constexpr std::array<Unit, 1> share_units = {{{"%", 10'000}}};
constexpr std::array<Unit, 1> ppm_units = {{{"ppm", 1}}};
constexpr std::array<Unit, 1> no_units = {{{"", 1}}};

struct Decimal {
    Wide digits = 0;
    Wide below = 1;
    bool negative = false;
    std::string_view unit;
};

/// "-1.5MB" taken apart; nothing if it begins with no number or has over 24 digits.
std::optional<Decimal> take_apart(std::string_view text) {
    Decimal number;
    number.negative = text.starts_with('-');
    if (number.negative) text.remove_prefix(1);
    bool point = false;
    std::size_t i = 0;
    for (; i < text.size() && i < 25; ++i) {
        if (text[i] == '.' && i != 0 && !point) {
            point = true;
        } else if (text[i] >= '0' && text[i] <= '9') {
            number.digits = number.digits * 10 + (text[i] - '0');
            if (point) number.below *= 10;
        } else {
            break;
        }
    }
    if (i == 0 || i == 25 || text[i - 1] == '.') return std::nullopt;
    number.unit = text.substr(i);
    return number;
}

/// The number in the base unit: exact, or nothing.
std::optional<std::int64_t> in_units(std::string_view text, std::span<const Unit> units,
                                     std::int64_t divisor = 1) {
    const auto number = take_apart(text);
    if (!number) return std::nullopt;
    const auto unit = std::ranges::find(units, number->unit, &Unit::name);
    if (unit == units.end()) return std::nullopt;
    const Wide scaled = number->digits * unit->factor;
    const Wide below = number->below * divisor;
    if (scaled % below != 0 || scaled / below > INT64_MAX) return std::nullopt;
    const auto whole = static_cast<std::int64_t>(scaled / below);
    return number->negative ? -whole : whole;
}

std::optional<std::int64_t> number_of(ParamType type, std::string_view text) {
    switch (type) {
        case ParamType::duration: {
            const auto duration = core::parse_duration(text);
            return duration ? std::optional(duration->ns) : std::nullopt;
        }
        case ParamType::share:
            return text == "0" ? 0 : in_units(text, share_units);
        case ParamType::ppm:
            return text == "0" ? 0 : in_units(text, ppm_units);
        case ParamType::bytes:
            return in_units(text, byte_units);
        case ParamType::rate:
            return text == "0" ? 0 : in_units(text, rate_units, 8);
        default:
            return in_units(text, no_units);
    }
}

std::string_view help_for(ParamType type) {
    switch (type) {
        case ParamType::duration:
            return "a duration is a number and ns, us, ms, s, m or h, as in 40ms";
        case ParamType::share:
            return "a share is a number and %, as in 0.5%, exact to a millionth";
        case ParamType::integer:
            return "want a whole number";
        case ParamType::ppm:
            return "want parts per million, as in 200ppm or -50ppm";
        case ParamType::bytes:
            return "a size is a number and B, kB, MB, GB, KiB, MiB or GiB, as in 64KiB";
        case ParamType::rate:
            return "a rate is a number and B/s, kB/s, MB/s, GB/s, kbit/s, Mbit/s or Gbit/s, "
                   "as in 1MB/s";
        case ParamType::boolean:
            return "want true or false";
        case ParamType::text:
            return "want text";
        case ParamType::groups:
            return "want lists of nodes, as in [[n1, n2], [n3]]";
    }
    return "";
}

/// In the unit that makes it shortest; of two, the first.
std::string scaled_text(std::int64_t number, std::span<const Unit> units, std::int64_t divisor) {
    std::string best;
    for (const Unit& unit : units) {
        const Wide bits = Wide{number} * divisor;
        if (number == 0 || bits % unit.factor != 0) continue;
        std::string text =
            fmt::format("{}{}", static_cast<std::int64_t>(bits / unit.factor), unit.name);
        if (best.empty() || text.size() < best.size()) best = std::move(text);
    }
    return best.empty() ? "0" : best;
}

std::string share_text(std::int64_t ppm) {
    const bool negative = ppm < 0;
    const std::uint64_t size =
        negative ? 0 - static_cast<std::uint64_t>(ppm) : static_cast<std::uint64_t>(ppm);
    std::string text = fmt::format("{}{}", negative ? "-" : "", size / 10'000);
    if (size % 10'000 != 0) {
        std::string rest = fmt::format("{:04}", size % 10'000);
        while (rest.ends_with('0')) rest.pop_back();
        text += "." + rest;
    }
    return text + "%";
}

/// "[[n1, n2], [n3]]", spaces and quotes as one likes; nothing on anything else.
std::optional<Groups> groups_of(std::string_view text) {
    Groups groups;
    int depth = 0;
    bool want_item = true;  // At the beginning, after '[' or ','.
    bool opened = false;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == ' ' || c == '\t' || c == '\n' || c == '\r') {
            ++i;
        } else if (c == '[' && want_item && depth < 2) {
            if (++depth == 2) groups.emplace_back();
            ++i;
        } else if (c == ']' && depth > 0) {
            --depth;
            want_item = false;
            ++i;
        } else if (c == ',' && depth > 0 && !want_item) {
            want_item = true;
            ++i;
        } else {
            const std::size_t end = std::min(text.find_first_of("],", i), text.size());
            std::string_view word = text.substr(i, end - i);
            while (word.ends_with(' ')) word.remove_suffix(1);
            if (word.size() > 2 && (word[0] == '"' || word[0] == '\'') && word.back() == word[0]) {
                word = word.substr(1, word.size() - 2);
            }
            const auto id = core::id_from(word);
            if (!id || depth != 2 || !want_item) return std::nullopt;
            groups.back().push_back(*id);
            want_item = false;
            i = end;
        }
        opened |= depth > 0;
        // After the last bracket there is only space.
        if (opened && depth == 0) want_item = false;
    }
    if (depth != 0 || !opened) return std::nullopt;
    return groups;
}

core::Result<void> check_groups(const ParamSpec& spec, const Groups& groups) {
    if (groups.size() < 2) {
        return core::fail(
            ErrorKind::bad_input,
            fmt::format("{} needs at least two groups, as in [[n1], [n2, n3]]", spec.name));
    }
    std::vector<core::Id> all;
    for (const auto& group : groups) {
        if (group.empty()) {
            return core::fail(ErrorKind::bad_input, "a group needs at least one node");
        }
        all.insert(all.end(), group.begin(), group.end());
    }
    std::ranges::sort(all);
    if (const auto twice = std::ranges::adjacent_find(all); twice != all.end()) {
        return core::fail(ErrorKind::bad_input,
                          core::name_of(*twice) + " stands in the groups twice");
    }
    return {};
}

std::size_t alternative_of(ParamType type) {
    switch (type) {
        case ParamType::boolean:
            return 1;
        case ParamType::text:
            return 2;
        case ParamType::groups:
            return 3;
        default:
            return 0;
    }
}

}  // namespace

std::string_view to_text(ParamType type) {
    constexpr std::string_view names[] = {"duration", "share",   "integer", "ppm",   "bytes",
                                          "rate",     "boolean", "text",    "groups"};
    return names[static_cast<std::size_t>(type)];
}

void Params::set(std::string_view name, ParamValue value, std::optional<ParamType> type) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
        if (values_[i].first != name) continue;
        values_[i].second = std::move(value);
        if (type) types_[i] = type;
        return;
    }
    values_.emplace_back(std::string(name), std::move(value));
    types_.push_back(type);
}

std::optional<ParamType> Params::type_of(std::string_view name) const {
    for (std::size_t i = 0; i < values_.size(); ++i) {
        if (values_[i].first == name) return types_[i];
    }
    return std::nullopt;
}

const ParamValue* Params::find(std::string_view name) const {
    for (const auto& [each, value] : values_) {
        if (each == name) return &value;
    }
    return nullptr;
}

std::int64_t Params::number(std::string_view name) const {
    const ParamValue* value = find(name);
    if (value == nullptr) return 0;
    const auto* number = std::get_if<std::int64_t>(value);
    STORM_REQUIRE(number != nullptr, name);
    return *number;
}

bool Params::flag(std::string_view name) const {
    const ParamValue* value = find(name);
    if (value == nullptr) return false;
    const auto* flag = std::get_if<bool>(value);
    STORM_REQUIRE(flag != nullptr, name);
    return *flag;
}

std::string_view Params::text(std::string_view name) const {
    const ParamValue* value = find(name);
    if (value == nullptr) return {};
    const auto* text = std::get_if<std::string>(value);
    STORM_REQUIRE(text != nullptr, name);
    return *text;
}

const Groups& Params::groups(std::string_view name) const {
    static const Groups none;
    const ParamValue* value = find(name);
    if (value == nullptr) return none;
    const auto* groups = std::get_if<Groups>(value);
    STORM_REQUIRE(groups != nullptr, name);
    return *groups;
}

core::Result<ParamValue> parse_param(const ParamSpec& spec, std::string_view text) {
    const auto refuse = [&] {
        return core::fail(ErrorKind::bad_input,
                          fmt::format("{}: cannot read {}: {}", spec.name, core::json_quoted(text),
                                      help_for(spec.type)));
    };
    ParamValue value;
    if (spec.type == ParamType::boolean) {
        if (text != "true" && text != "false") return refuse();
        value = text == "true";
    } else if (spec.type == ParamType::text) {
        value = std::string(text);
    } else if (spec.type == ParamType::groups) {
        auto groups = groups_of(text);
        if (!groups) return refuse();
        value = std::move(*groups);
    } else {
        const auto number = number_of(spec.type, text);
        if (!number) return refuse();
        value = *number;
    }
    STORM_CHECK(check_range(spec, value));
    return value;
}

std::string number_to_text(ParamType type, std::int64_t number) {
    switch (type) {
        case ParamType::duration:
            return core::to_text(Duration{number});
        case ParamType::share:
            return share_text(number);
        case ParamType::ppm:
            return std::to_string(number) + "ppm";
        case ParamType::bytes:
            // Without the unit that is no unit: 512 reads back as bytes, too.
            return scaled_text(number, std::span(byte_units).first(8), 1);
        case ParamType::rate:
            return scaled_text(number, std::span(rate_units).first(4), 8);
        default:
            return std::to_string(number);
    }
}

std::optional<std::pair<ParamType, std::int64_t>> number_with_unit(std::string_view text) {
    if (text.empty() || (text.back() >= '0' && text.back() <= '9')) return std::nullopt;
    for (const ParamType type : {ParamType::duration, ParamType::share, ParamType::ppm,
                                 ParamType::bytes, ParamType::rate}) {
        if (const auto number = number_of(type, text)) return std::pair(type, *number);
    }
    return std::nullopt;
}

std::string to_text(const ParamSpec& spec, const ParamValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return number_to_text(spec.type, *number);
    }
    if (const auto* flag = std::get_if<bool>(&value)) return *flag ? "true" : "false";
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    std::string text = "[";
    for (const auto& group : std::get<Groups>(value)) {
        if (text.size() > 1) text += ", ";
        text += "[";
        for (const core::Id id : group) {
            if (!text.ends_with('[')) text += ", ";
            text += core::name_of(id);
        }
        text += "]";
    }
    return text + "]";
}

std::string range_text(const ParamSpec& spec) {
    switch (spec.type) {
        case ParamType::boolean:
            return "true | false";
        case ParamType::text:
            return spec.choices.empty() ? "text"
                                        : fmt::format("{}", fmt::join(spec.choices, " | "));
        case ParamType::groups:
            return "lists of nodes";
        default:
            break;
    }
    const std::string low = number_to_text(spec.type, spec.low);
    if (spec.high == INT64_MAX) return low + " or more";
    return low + " to " + number_to_text(spec.type, spec.high);
}

core::Result<void> check_range(const ParamSpec& spec, const ParamValue& value) {
    if (value.index() != alternative_of(spec.type)) {
        return core::fail(ErrorKind::bad_input,
                          fmt::format("{}: {}", spec.name, help_for(spec.type)));
    }
    if (const auto* groups = std::get_if<Groups>(&value)) return check_groups(spec, *groups);
    if (const auto* text = std::get_if<std::string>(&value)) {
        if (spec.choices.empty() || std::ranges::find(spec.choices, *text) != spec.choices.end())
            return {};
        const auto near = core::nearest(*text, spec.choices);
        return core::fail(ErrorKind::bad_input, fmt::format("{}: no {} is called {}: {}", spec.name,
                                                            spec.name, core::json_quoted(*text),
                                                            near ? "did you mean " + *near + "?"
                                                                 : "want " + range_text(spec)));
    }
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr || (*number >= spec.low && *number <= spec.high)) return {};
    return core::fail(ErrorKind::bad_input,
                      fmt::format("{}: {} is out of range: want {}", spec.name,
                                  number_to_text(spec.type, *number), range_text(spec)));
}

core::Result<Params> complete(const std::vector<ParamSpec>& specs, Params given) {
    std::vector<std::string> names;
    for (const ParamSpec& spec : specs) names.push_back(spec.name);
    for (const auto& [name, value] : given.all()) {
        if (std::ranges::find(names, name) != names.end()) continue;
        const auto near = core::nearest(name, names);
        const std::string known = names.empty() ? "none is known" : "known: " + core::joined(names);
        return core::fail(ErrorKind::bad_input,
                          fmt::format("unknown parameter {}: {}", core::json_quoted(name),
                                      near ? "did you mean " + *near + "?" : known));
    }
    Params all;
    for (const ParamSpec& spec : specs) {
        const ParamValue* value = given.find(spec.name);
        if (value == nullptr && !spec.otherwise) {
            return core::fail(ErrorKind::bad_input,
                              fmt::format("{} is missing: {}", spec.name, help_for(spec.type)));
        }
        if (value == nullptr) {
            all.set(spec.name, *spec.otherwise, spec.type);
            continue;
        }
        STORM_CHECK(check_range(spec, *value));
        const auto type = given.type_of(spec.name);
        const auto* number = std::get_if<std::int64_t>(value);
        const bool bare = type == ParamType::integer && spec.type == ParamType::bytes;
        if (number != nullptr && *number != 0 && type && *type != spec.type && !bare) {
            return core::fail(
                ErrorKind::bad_input,
                fmt::format("{}: {} is {}: {}", spec.name, number_to_text(*type, *number),
                            type == ParamType::integer ? "without a unit"
                                                       : "a " + std::string(to_text(*type)),
                            help_for(spec.type)));
        }
        all.set(spec.name, *value, spec.type);
    }
    return all;
}

}  // namespace storm::fault
