// scenario/form.h - typed values out of the YAML tree, each error filed where it stands.
//
// A Form reads values and files problems; it never stops. What cannot be read comes back as
// nothing, and the reader goes on with a guess. Only this module uses it.
#pragma once
#include <algorithm>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/value.h"
#include "fault/param.h"
#include "scenario/problem.h"
#include "scenario/yaml_tree.h"

namespace storm::scenario {

/// std::ranges::contains, which our standard library does not have yet.
template <class Range, class T, class Part = std::identity>
[[nodiscard]] bool contains(const Range& range, const T& value, Part part = {}) {
    return std::ranges::find(range, value, part) != std::ranges::end(range);
}

class Form {
public:
    explicit Form(Problems& problems) : problems_(problems) {}

    /// How many nodes and clients names may mean; unknown until said.
    void set_nodes(std::uint32_t nodes) { nodes_ = nodes; }
    void set_clients(std::uint32_t clients) { clients_ = clients; }

    [[nodiscard]] Problems& problems() { return problems_; }
    void wrong(const YamlNode& node, std::string what, std::string help = {}) {
        problems_.add(node.place, std::move(what), std::move(help));
    }

    /// Files what is not of `kind`: "checks: want a list, found a value".
    [[nodiscard]] bool want(const YamlNode& node, YamlNode::Kind kind, std::string_view name);
    /// Files each key of `map` that is not allowed, with the nearest that is.
    void known_keys(const YamlNode& map, std::span<const std::string> allowed,
                    std::string_view where);
    /// "did you mean delay?", or "want one of a, b, c".
    [[nodiscard]] static std::string suggest(std::string_view word,
                                             std::span<const std::string> known);

    [[nodiscard]] std::optional<fault::ParamValue> param(const fault::ParamSpec& spec,
                                                         const YamlNode& node);
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name, fault::ParamType type,
                                                     const YamlNode& node, std::int64_t low,
                                                     std::int64_t high = INT64_MAX);
    [[nodiscard]] std::optional<Duration> duration(std::string_view name, const YamlNode& node,
                                                   Duration low = {});
    [[nodiscard]] std::optional<bool> flag(std::string_view name, const YamlNode& node);
    [[nodiscard]] std::optional<std::string> text(std::string_view name, const YamlNode& node);
    /// Whether the text has no control characters but blanks; files a problem if it has.
    [[nodiscard]] bool printable(std::string_view name, const YamlNode& node);
    /// One of `choices`; the index.
    [[nodiscard]] std::optional<std::size_t> choice(std::string_view name, const YamlNode& node,
                                                    std::span<const std::string> choices);
    /// A node or client that exists; `kind` 'n', 'c' or ' ' for both.
    [[nodiscard]] std::optional<core::Id> id(const YamlNode& node, char kind = ' ');
    /// A list of them, or one.
    [[nodiscard]] std::vector<core::Id> ids(const YamlNode& node, char kind = ' ');
    /// nil, true, 4, "x", [1, 2]: plain words are text.
    [[nodiscard]] std::optional<Value> value(const YamlNode& node, int depth = 0);

    /// The values of `map` that `specs` name, others are not looked at. What is missing and has
    /// no default is filed as "`who` needs ...", followed by `more` (where to read on).
    [[nodiscard]] fault::Params params(std::span<const fault::ParamSpec> specs, const YamlNode& map,
                                       std::string_view who, std::string_view more);

private:
    [[nodiscard]] std::optional<fault::Groups> groups(const fault::ParamSpec& spec,
                                                      const YamlNode& node);
    void refused(const fault::ParamSpec& spec, const YamlNode& node, const std::string& message);

    Problems& problems_;
    std::optional<std::uint32_t> nodes_, clients_;
};

/// "\"x\"", with what a terminal would obey escaped and at most 60 characters.
[[nodiscard]] std::string quoted(std::string_view text);

}  // namespace storm::scenario
