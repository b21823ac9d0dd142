// scenario/yaml_tree.h - YAML with exact positions and firm bounds.
//
// yaml-cpp reads the text; from its events we build a tree of our own that knows where each key
// and value stands and how wide it is. What a stranger's file could use against us is refused
// here, once: over 1 MiB, depth over 32, over 64 aliases or what they multiply to, duplicate
// keys, several documents, tags, merge keys, bytes that are not text. The tree says nothing of
// what the keys mean.
#pragma once
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "scenario/problem.h"

namespace storm::scenario {

inline constexpr std::size_t text_max = std::size_t{1} << 20U;
inline constexpr std::size_t depth_max = 32;
inline constexpr std::size_t aliases_max = 64;
inline constexpr std::size_t values_max = 100'000;  // Aliases counted as often as they are used.

struct YamlNode {
    enum class Kind : std::uint8_t { null, scalar, sequence, map };
    struct Entry {
        std::string key;
        Place place;
        YamlNode* value;
    };

    Kind kind = Kind::null;
    bool plain = true;  // A scalar without quotes.
    Place place;
    std::string text;              // scalar
    std::vector<YamlNode*> items;  // sequence
    std::vector<Entry> entries;    // map, in the order of the file
    std::size_t weight = 1;        // Values in all, aliases counted as often as they are used.

    [[nodiscard]] bool is(Kind k) const { return kind == k; }
    [[nodiscard]] const Entry* entry(std::string_view key) const {
        for (const Entry& each : entries) {
            if (each.key == key) return &each;
        }
        return nullptr;
    }
    [[nodiscard]] const YamlNode* find(std::string_view key) const {
        const Entry* found = entry(key);
        return found != nullptr ? found->value : nullptr;
    }
};
/// "a map", "a list", "a value", "nothing": for sentences.
[[nodiscard]] std::string_view to_text(YamlNode::Kind kind);

/// Owns all nodes; they stay where they are.
class YamlArena {
public:
    YamlNode* make() { return &nodes_.emplace_back(); }
    YamlNode* make(const YamlNode& like) { return &nodes_.emplace_back(like); }
    [[nodiscard]] std::size_t size() const { return nodes_.size(); }

private:
    std::deque<YamlNode> nodes_;
};

/// Reads one document. Null after a problem that leaves nothing to go on with; duplicate keys
/// and the like are filed and the tree is given all the same. `setting` and `shift` say where
/// `text` stands if it is the value of a --set.
[[nodiscard]] YamlNode* parse_yaml(std::string_view text, YamlArena& arena, Problems& problems,
                                   std::int32_t setting = -1, std::uint32_t shift = 0);

/// Changes the tree under `root` as "system.plant=NAME" or "faults.0.for=2s" says: `place` is
/// that of the whole setting. Missing maps on the way are made.
void apply_setting(YamlNode& root, YamlArena& arena, Problems& problems, std::string_view path,
                   std::string_view value, std::int32_t setting);

}  // namespace storm::scenario
