#include "scenario/yaml_tree.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <charconv>
#include <istream>
#include <map>
#include <optional>
#include <streambuf>

namespace storm::scenario {
namespace {

using Kind = YamlNode::Kind;

/// Lets yaml-cpp read the text where it lies.
class TextBuffer : public std::streambuf {
public:
    explicit TextBuffer(std::string_view text) {
        char* begin = const_cast<char*>(text.data());
        setg(begin, begin, begin + text.size());
    }
};

/// Where a quoted scalar that begins at `from` ends, behind its quote; npos if it does not.
std::size_t quoted_end(std::string_view text, std::size_t from) {
    const char quote = text[from];
    for (std::size_t i = from + 1; i < text.size(); ++i) {
        if (quote == '"' && text[i] == '\\') {
            ++i;
        } else if (text[i] == quote) {
            if (quote == '"' || i + 1 == text.size() || text[i + 1] != quote) return i + 1;
            ++i;
        }
    }
    return std::string_view::npos;
}

/// Bytes of a quoted scalar that begins at `from`, quotes included; up to the end of its line.
std::uint32_t quoted_length(std::string_view text, std::size_t from) {
    const auto end = quoted_end(text, from);
    const bool one_line = end != std::string_view::npos && text.find('\n', from) >= end;
    return one_line ? static_cast<std::uint32_t>(end - from) : 1;
}

/// Bytes of a list or map in brackets that begins at `from`, if it ends soon and on its line.
std::uint32_t flow_length(std::string_view text, std::size_t from) {
    constexpr std::size_t soon = 200;
    if (from >= text.size() || (text[from] != '[' && text[from] != '{')) return 1;
    std::size_t depth = 0;
    for (std::size_t i = from; i < std::min(text.size(), from + soon); ++i) {
        const char c = text[i];
        if (c == '\n' || c == '"' || c == '\'') break;
        if (c == '[' || c == '{') ++depth;
        if ((c == ']' || c == '}') && --depth == 0) return static_cast<std::uint32_t>(i + 1 - from);
    }
    return 1;
}

/// Builds the tree from events; after the first hard problem it ignores the rest.
class Builder final : public YAML::EventHandler {
public:
    Builder(std::string_view text, YamlArena& arena, Problems& problems, std::int32_t setting,
            std::uint32_t shift)
        : text_(text), arena_(arena), problems_(problems), setting_(setting), shift_(shift) {}

    [[nodiscard]] bool stopped() const { return stopped_; }
    [[nodiscard]] YamlNode* root() const { return root_; }
    [[nodiscard]] Place place(const YAML::Mark& mark, std::size_t length) const {
        const auto offset = static_cast<std::uint32_t>(std::max(mark.pos, 0));
        return {offset + shift_, static_cast<std::uint32_t>(length), setting_};
    }

    void OnDocumentStart(const YAML::Mark& mark) override {
        if (++documents_ > 1) {
            stop(place(mark, 1), "a second document begins here", "one scenario a file");
        }
    }
    void OnDocumentEnd() override {}
    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (stopped_) return;
        YamlNode* node = fresh(Kind::null, mark, 0);
        remember(anchor, node, true);
        put(node);
    }
    void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
        if (stopped_) return;
        if (++aliases_ > aliases_max) {
            stop(place(mark, 1), fmt::format("more than {} aliases", aliases_max),
                 "write the values out");
            return;
        }
        const auto found = anchors_.find(anchor);
        if (found == anchors_.end() || !found->second.finished) {
            stop(place(mark, 1), "this alias stands inside of what it means",
                 "an alias repeats something that ended before");
            return;
        }
        put(found->second.node, mark);
    }
    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override {
        if (stopped_) return;
        check_tag(mark, tag);
        const std::size_t at = std::min<std::size_t>(static_cast<std::size_t>(mark.pos),
                                                     text_.empty() ? 0 : text_.size() - 1);
        const char first = text_.empty() ? ' ' : text_[at];
        const bool quoted = first == '"' || first == '\'';
        if (const auto open = never_ends(tag, at)) {
            const auto offset = static_cast<std::uint32_t>(*open);
            stop({offset + shift_, 1, setting_},
                 fmt::format("this is not YAML: this {} is never closed", text_[*open]), "");
            return;
        }
        YamlNode* node =
            fresh(Kind::scalar, mark,
                  quoted ? quoted_length(text_, at) : static_cast<std::uint32_t>(value.size()));
        node->plain = tag == "?";
        node->text = value;
        remember(anchor, node, true);
        put(node);
    }
    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value) override {
        open(Kind::sequence, mark, tag, anchor);
    }
    void OnSequenceEnd() override { close(); }
    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value) override {
        open(Kind::map, mark, tag, anchor);
    }
    void OnMapEnd() override { close(); }

private:
    struct Open {
        YamlNode* node;
        YAML::anchor_t anchor;
        std::optional<std::pair<std::string, Place>> key;  // Read, its value still to come.
    };
    struct Anchored {
        YamlNode* node;
        bool finished;
    };

    /// Where the quote of a quoted scalar stands that only the end of the file ends: yaml-cpp takes
    /// it for closed there. Such scalars have the tag "!"; they may begin with an anchor.
    [[nodiscard]] std::optional<std::size_t> never_ends(const std::string& tag,
                                                        std::size_t from) const {
        if (tag != "!") return std::nullopt;
        const auto quote = text_.find_first_of("\"'", from);
        if (quote == std::string_view::npos) return std::nullopt;  // A block.
        const bool ends = quoted_end(text_, quote) != std::string_view::npos;
        return ends ? std::nullopt : std::optional(quote);
    }

    void stop(const Place& where, std::string what, std::string help) {
        if (!stopped_) problems_.add(where, std::move(what), std::move(help));
        stopped_ = true;
    }
    YamlNode* fresh(Kind kind, const YAML::Mark& mark, std::uint32_t length) {
        YamlNode* node = arena_.make();
        node->kind = kind;
        node->place = place(mark, length);
        if (arena_.size() > values_max) {
            stop(node->place, fmt::format("more than {} values", values_max), "");
        }
        return node;
    }
    void check_tag(const YAML::Mark& mark, const std::string& tag) {
        if (tag.empty() || tag == "?" || tag == "!") return;
        stop(place(mark, 1), "a tag (" + tag + ") means nothing here",
             "write the value without it");
    }
    void remember(YAML::anchor_t anchor, YamlNode* node, bool finished) {
        if (anchor != 0) anchors_[anchor] = {node, finished};
    }
    void open(Kind kind, const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor) {
        if (stopped_) return;
        check_tag(mark, tag);
        YamlNode* node =
            fresh(kind, mark, flow_length(text_, static_cast<std::size_t>(std::max(mark.pos, 0))));
        if (open_.size() == depth_max) {
            stop(node->place, fmt::format("nested deeper than {}", depth_max), "");
            return;
        }
        remember(anchor, node, false);
        open_.push_back({node, anchor, std::nullopt});
    }
    void close() {
        if (stopped_ || open_.empty()) return;
        Open done = std::move(open_.back());
        open_.pop_back();
        if (done.node->is(Kind::map)) refuse_duplicates(*done.node);
        remember(done.anchor, done.node, true);
        put(done.node);
    }
    void refuse_duplicates(const YamlNode& map) {
        std::map<std::string_view, const YamlNode::Entry*> first;
        for (const YamlNode::Entry& entry : map.entries) {
            const auto [at, is_new] = first.try_emplace(entry.key, &entry);
            if (is_new) continue;
            problems_.add(entry.place, "\"" + entry.key + "\" stands here twice",
                          "the first is at " + problems_.place_text(at->second->place));
        }
    }
    /// A finished value finds its place: the root, an item, a key or the value of a key.
    void put(YamlNode* node, std::optional<YAML::Mark> alias_at = std::nullopt) {
        if (stopped_) return;
        if (open_.empty()) {
            root_ = node;
            return;
        }
        Open& parent = open_.back();
        if (parent.node->is(Kind::map) && !parent.key) {
            if (!node->is(Kind::scalar) || alias_at) {
                stop(alias_at ? place(*alias_at, 1) : node->place, "a key must be a word",
                     "key: value");
            } else if (node->text == "<<" && node->plain) {
                stop(node->place, "merge keys (<<) are not part of YAML 1.2", "repeat the keys");
            } else {
                parent.key.emplace(node->text, node->place);
            }
            return;
        }
        parent.node->weight += node->weight;
        if (parent.node->weight > values_max) {
            stop(alias_at ? place(*alias_at, 1) : node->place,
                 fmt::format("aliases multiply to more than {} values", values_max),
                 "write less, or write it out");
            return;
        }
        if (parent.node->is(Kind::map)) {
            parent.node->entries.push_back({parent.key->first, parent.key->second, node});
            parent.key.reset();
        } else {
            parent.node->items.push_back(node);
        }
    }

    std::string_view text_;
    YamlArena& arena_;
    Problems& problems_;
    std::int32_t setting_;
    std::uint32_t shift_;
    std::vector<Open> open_;
    std::map<YAML::anchor_t, Anchored> anchors_;
    YamlNode* root_ = nullptr;
    std::size_t aliases_ = 0;
    int documents_ = 0;
    bool stopped_ = false;
};

/// The offset of the first byte that is no text: control characters, broken UTF-8, surrogates.
std::optional<std::size_t> not_text(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        const auto byte = static_cast<unsigned char>(text[i]);
        if (byte < 0x80) {
            if (byte < 0x20 && byte != '\n' && byte != '\r' && byte != '\t') {
                return i;
            }
            ++i;
            continue;
        }
        const std::size_t more = byte >= 0xf0 ? 3 : byte >= 0xe0 ? 2 : 1;
        if (byte < 0xc2 || byte > 0xf4 || i + more >= text.size()) {
            return i;
        }
        std::uint32_t point = byte & (0x3fU >> more);
        for (std::size_t k = 1; k <= more; ++k) {
            const auto next = static_cast<unsigned char>(text[i + k]);
            if ((next & 0xc0U) != 0x80) return i;
            point = (point << 6U) | (next & 0x3fU);
        }
        constexpr std::uint32_t lowest[] = {0, 0x80, 0x800, 0x10000};
        if (point < lowest[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
            return i;
        }
        i += more + 1;
    }
    return std::nullopt;
}

/// The first tab that indents a line, at or before `limit`.
std::optional<std::size_t> indenting_tab(std::string_view text, std::size_t limit) {
    bool indent = true;
    for (std::size_t i = 0; i < text.size() && i <= limit; ++i) {
        if (indent && text[i] == '\t') return i;
        if (text[i] != ' ') indent = text[i] == '\n';
    }
    return std::nullopt;
}

/// Whether a value may begin here: not in the middle of a plain one.
bool value_begins(std::string_view text, std::size_t at) {
    auto last = text.substr(0, at).find_last_not_of(' ');
    const auto word = text.substr(0, at).find_last_of(" \n", last);
    if (word != std::string_view::npos && text.substr(word + 1).starts_with('&')) {  // An anchor.
        last = text.substr(0, word + 1).find_last_not_of(' ');
    }
    return last == std::string_view::npos || std::string_view("\n:,[{-").contains(text[last]);
}

/// A quote that is never closed; else the innermost bracket that is still open where the file ends,
/// or where a key stands at the left margin: whoever wrote that has forgotten the bracket, wherever
/// the parser gives up.
std::optional<std::size_t> never_closed(std::string_view text) {
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool begins = i == 0 || text[i - 1] == '\n' || text[i - 1] == ' ';
        if (c == '#' && begins) {
            i = std::min(text.find('\n', i), text.size());
        } else if ((c == '"' || c == '\'') && value_begins(text, i)) {
            const auto end = quoted_end(text, i);
            if (end == std::string_view::npos) return i;
            i = end - 1;
        } else if (c == '[' || c == '{') {
            if (!open.empty() || begins) open.push_back(i);
        } else if ((c == ']' || c == '}') && !open.empty()) {
            open.pop_back();
        } else if (!open.empty() && i > 0 && text[i - 1] == '\n' && c >= 'a' && c <= 'z') {
            break;
        }
    }
    if (open.empty()) return std::nullopt;
    return open.back();
}

/// What yaml-cpp says, in words that fit a sentence of ours.
std::string yaml_sentence(std::string message) {
    static const std::map<std::string_view, std::string_view> better = {
        {"end of map flow not found", "a { is never closed, or a comma is missing"},
        {"end of sequence flow not found", "a [ is never closed, or a comma is missing"},
        {"end of map not found", "this does not line up with the keys above"},
        {"end of sequence not found", "this does not line up with the list above"},
        {"illegal map value", "a second \": \" in one value; quote the value"},
        {"the referenced anchor is not defined", "no anchor of that name stands above"},
    };
    const auto found = better.find(message);
    if (found != better.end()) return std::string(found->second);
    return message;
}

void report_yaml(const YAML::Exception& error, std::string_view text, const Builder& builder,
                 Problems& problems) {
    YAML::Mark mark = error.mark;
    std::size_t at = mark.is_null() ? 0 : static_cast<std::size_t>(std::max(mark.pos, 0));
    at = std::min(at, text.size());
    if (const auto tab = indenting_tab(text, at)) {
        mark.pos = static_cast<int>(*tab);
        problems.add(builder.place(mark, 1), "a tab in the indentation",
                     "YAML indents with spaces");
        return;
    }
    if (const auto open = never_closed(text)) {
        mark.pos = static_cast<int>(*open);
        const bool quote = text[*open] == '"' || text[*open] == '\'';
        problems.add(builder.place(mark, 1),
                     fmt::format("this is not YAML: this {} is never closed{}", text[*open],
                                 quote ? "" : ", or a comma is missing"));
        return;
    }
    // A file that breaks off is wrong where its text ends, not below.
    while (at == text.size() && at > 0 && (text[at - 1] == '\n' || text[at - 1] == ' ')) {
        text.remove_suffix(1);
        --at;
    }
    mark.pos = static_cast<int>(at);
    problems.add(builder.place(mark, 1), "this is not YAML: " + yaml_sentence(error.msg));
}

}  // namespace

std::string_view to_text(YamlNode::Kind kind) {
    constexpr std::string_view words[] = {"nothing", "a value", "a list", "a map"};
    return words[static_cast<std::size_t>(kind)];
}

YamlNode* parse_yaml(std::string_view text, YamlArena& arena, Problems& problems,
                     std::int32_t setting, std::uint32_t shift) {
    const Place start{shift, 0, setting};
    if (text.size() > text_max) {
        problems.add(start, fmt::format("the file has {:.1f} MiB; a scenario has at most 1 MiB",
                                        static_cast<double>(text.size()) / 1048576.0));
        return nullptr;
    }
    if (const auto at = not_text(text)) {
        problems.add({static_cast<std::uint32_t>(*at) + shift, 1, setting},
                     fmt::format("byte 0x{:02x} is no text", static_cast<unsigned char>(text[*at])),
                     "a scenario is YAML in UTF-8");
        return nullptr;
    }
    Builder builder(text, arena, problems, setting, shift);
    try {
        TextBuffer buffer(text);
        std::istream stream(&buffer);
        YAML::Parser parser(stream);
        if (parser.HandleNextDocument(builder) && !builder.stopped()) {
            parser.HandleNextDocument(builder);
        }
    } catch (const YAML::Exception& error) {
        if (!builder.stopped()) report_yaml(error, text, builder, problems);
        return nullptr;
    } catch (const std::exception& error) {
        problems.add(start, std::string("this cannot be read as YAML: ") + error.what());
        return nullptr;
    }
    if (builder.stopped()) return nullptr;
    YamlNode* root = builder.root();
    return root != nullptr ? root : arena.make();
}

namespace {

/// One step of a path: the child of `node` named `word`, copied so that an alias elsewhere keeps
/// what it had; made if it is not there. Null, with the reason in `why`, if there cannot be one.
YamlNode** step(YamlNode& node, YamlArena& arena, std::string_view word, const Place& place,
                std::string& why) {
    if (node.is(Kind::scalar) && !node.text.empty()) {  // system: raft means {use: raft}.
        YamlNode* use = arena.make(node);
        node.entries = {{"use", node.place, use}};
        node.kind = Kind::map;
    } else if (node.is(Kind::null) || node.is(Kind::scalar)) {
        node.kind = Kind::map;
    }
    if (node.is(Kind::sequence)) {
        std::size_t index = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), index);
        if (error != std::errc{} || end != word.data() + word.size() ||
            index >= node.items.size()) {
            why = node.items.empty()
                      ? "the list is empty"
                      : fmt::format("want an index from 0 to {}", node.items.size() - 1);
            return nullptr;
        }
        node.items[index] = arena.make(*node.items[index]);
        return &node.items[index];
    }
    for (YamlNode::Entry& entry : node.entries) {
        if (entry.key != word) continue;
        entry.value = arena.make(*entry.value);
        return &entry.value;
    }
    YamlNode* child = arena.make();
    child->place = place;
    node.entries.push_back({std::string(word), place, child});
    return &node.entries.back().value;
}

}  // namespace

void apply_setting(YamlNode& root, YamlArena& arena, Problems& problems, std::string_view path,
                   std::string_view value, std::int32_t setting) {
    const auto value_at = static_cast<std::uint32_t>(path.size() + 1);
    YamlNode* parsed = parse_yaml(value, arena, problems, setting, value_at);
    if (parsed == nullptr) return;
    YamlNode* node = &root;
    YamlNode** slot = nullptr;
    std::size_t from = 0;
    while (from <= path.size()) {
        const std::size_t end = std::min(path.find('.', from), path.size());
        const std::string_view word = path.substr(from, end - from);
        const Place place{static_cast<std::uint32_t>(from), static_cast<std::uint32_t>(word.size()),
                          setting};
        std::string why = "want key.key=value, as in system.plant=NAME";
        slot =
            word.empty() || from / 2 > depth_max ? nullptr : step(*node, arena, word, place, why);
        if (slot == nullptr) {
            problems.add(place, fmt::format("\"{}\" names nothing in the scenario", path), why);
            return;
        }
        node = *slot;
        from = end + 1;
    }
    *slot = parsed;
}

}  // namespace storm::scenario
