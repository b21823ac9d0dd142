// scenario/read_faults.cpp - faults: who is hit by what, when, how often; and the random ones.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.h"
#include "fault/draw.h"
#include "scenario/random.h"
#include "scenario/reader.h"

namespace storm::scenario {

using Kind = YamlNode::Kind;
using fault::Aim;
using fault::FaultSpec;
using fault::ParamType;
using fault::Target;

const std::vector<std::string>& fault_keys() {
    static const std::vector<std::string> keys = {
        "use", "id", "at", "for", "every", "times", "ramp", "probability", "target", "required"};
    return keys;
}

const std::vector<std::string>& random_keys() {
    static const std::vector<std::string> keys = {"use", "from", "every", "for", "count"};
    return keys;
}

void Reader::read_faults() {
    const YamlNode* node = top("faults");
    if (node == nullptr || !form_.want(*node, Kind::sequence, "faults")) return;
    for (const YamlNode* item : node->items) {
        if (!form_.want(*item, Kind::map, "a fault")) continue;
        const YamlNode* use = item->find("use");
        if (use == nullptr) {
            form_.problems().missing(item->place, "a fault needs use",
                                     fmt::format("add use: NAME   ({} fault ls)", names_.program));
        } else if (use->is(Kind::scalar) && use->text == "random") {
            read_random(*item);
        } else {
            read_listed(*item);
        }
    }
    check_triggers();
}

const FaultSpec* Reader::fault_named(const YamlNode& use) {
    const auto name = form_.text("use", use);
    if (!name) return nullptr;
    if (const FaultSpec* spec = names_.faults->find(*name)) return spec;
    const std::vector<std::string> known = names_.faults->names();
    const auto near = name->size() < 60 ? core::nearest(*name, known) : std::nullopt;
    form_.wrong(use, fmt::format("no fault is called {}", quoted(*name)),
                fmt::format("{}   ({} fault ls)",
                            near ? "did you mean " + *near + "?" : "see the list", names_.program));
    return near ? names_.faults->find(*near) : nullptr;
}

void Reader::read_listed(const YamlNode& node) {
    const YamlNode& use = *node.find("use");
    const FaultSpec* spec = fault_named(use);
    if (spec == nullptr) return;
    std::vector<std::string> keys = fault_keys();
    for (const fault::ParamSpec& param : spec->params) keys.push_back(param.name);
    form_.known_keys(node, keys, spec->name);

    fault::PlannedFault planned;
    planned.use = spec->name;
    const auto same = std::ranges::count(out_.faults, spec->name, &fault::PlannedFault::use);
    planned.id = fmt::format("{}#{}", spec->name, same + 1);
    if (const YamlNode* id = node.find("id")) {
        planned.id = form_.text("id", *id).value_or(planned.id);
        const bool odd = planned.id.empty() || planned.id == "leader" ||
                         planned.id.find_first_of("= \t\r\n\"") != std::string::npos;
        if (odd) {
            form_.wrong(*id, fmt::format("{} cannot be an id", quoted(planned.id)),
                        "a word without blanks and =, and not \"leader\"");
        }
    }
    if (contains(out_.faults, planned.id, &fault::PlannedFault::id)) {
        form_.wrong(node.find("id") != nullptr ? *node.find("id") : use,
                    fmt::format("two faults have the id {}", planned.id), "give one another id");
    }
    const std::string more =
        fmt::format("        ({} fault explain {})", names_.program, spec->name);
    const std::size_t before = form_.problems().count();
    read_target(node, *spec, planned);
    planned.params = form_.params(spec->params, node, spec->name, more);
    for (const fault::ParamSpec& param : spec->params) {
        const YamlNode* named = node.find(param.name);
        if (param.names_site && named != nullptr && named->is(Kind::scalar)) {
            check_point(*named, named->text);
        }
    }
    read_times(node, *spec, planned);
    if (const YamlNode* required = node.find("required")) {
        planned.required = form_.flag("required", *required).value_or(true);
    }
    if (form_.problems().count() == before) check_tolerated(use, *spec, planned);
    out_.faults.push_back(std::move(planned));
}

void Reader::check_tolerated(const YamlNode& use, const FaultSpec& spec,
                             const fault::PlannedFault& fault) {
    if (out_.system == nullptr || out_.nodes == 0) return;
    const fault::Topology topology{out_.nodes, out_.clients};
    std::vector<core::Id> targets = fault.target.names;
    if (targets.empty() && spec.aim == Aim::nodes) targets = {core::Id::node(0)};
    const auto effect = spec.make(fault.params, targets, topology);
    if (!effect) {
        form_.wrong(use, effect.error().message);
        return;
    }
    if (out_.mode != fault::Mode::recoverable || !out_.system->tolerates) return;
    const std::string why = beyond(fault, *effect, out_.system->tolerates(out_.nodes), out_.nodes);
    if (why.empty()) return;
    form_.wrong(use, fmt::format("{} {}", out_.system->name, why),
                "want less, or mode: unlimited, which checks safety only");
}

void Reader::read_target(const YamlNode& node, const FaultSpec& spec, fault::PlannedFault& fault) {
    const YamlNode* target = node.find("target");
    if (target == nullptr) {
        if (spec.aim != Aim::nodes) return;
        form_.problems().missing(node.place, fmt::format("{} needs a target", spec.name),
                                 "add target: n1, leader, {any: 1} or all");
        return;
    }
    if (spec.aim == Aim::cut) {
        form_.wrong(*target, fmt::format("{} has no target", spec.name),
                    "its groups say who is cut off");
        return;
    }
    const auto read = target_of(*target);
    if (!read) return;
    const bool to_client =
        std::ranges::any_of(read->names, [](core::Id id) { return id.is_client(); });
    if (spec.aim == Aim::nodes && to_client) {
        form_.wrong(*target, fmt::format("{} strikes nodes, not clients", spec.name),
                    "nodes are n1, n2, ...");
    }
    fault.target = *read;
}

std::optional<Target> Reader::target_of(const YamlNode& node) {
    Target target;
    if (node.is(Kind::map)) return target_map(node);
    if (node.is(Kind::scalar) && node.text == "all") return target;
    if (node.is(Kind::scalar) && node.text == "leader") {
        target.kind = Target::Kind::leader;
        if (!leads()) {
            form_.wrong(node, fmt::format("{} has no leader", out_.system->name),
                        "want n1, [n1, n2], {any: 1} or all");
        }
        return target;
    }
    if (node.is(Kind::null)) {
        form_.wrong(node, "target is empty", "want n1, [n1, n2], leader, {any: 1} or all");
        return std::nullopt;
    }
    if (node.is(Kind::scalar) && !core::id_from(node.text)) {
        std::vector<std::string> words = {"all"};
        if (leads()) words.emplace_back("leader");
        if (const auto near = core::nearest(node.text, words)) {
            form_.wrong(node, fmt::format("{} names no node", quoted(node.text)),
                        "did you mean " + *near + "?");
            return std::nullopt;
        }
    }
    target.kind = Target::Kind::named;
    target.names = form_.ids(node);
    if (node.is(Kind::sequence) && node.items.empty()) {
        form_.wrong(node, "target is an empty list", "want n1, [n1, n2], leader, {any: 1} or all");
    }
    std::vector<core::Id> sorted = target.names;
    std::ranges::sort(sorted);
    const auto twice = std::ranges::adjacent_find(sorted);
    if (twice != sorted.end()) {
        form_.wrong(node, core::name_of(*twice) + " stands in the target twice");
    }
    return target;
}

std::optional<Target> Reader::target_map(const YamlNode& node) {
    static const std::vector<std::string> keys = {"any", "where", "is"};
    form_.known_keys(node, keys, "target");
    Target target;
    if (const YamlNode* any = node.find("any")) {
        const std::int64_t most = out_.nodes != 0 ? out_.nodes : 100'000;
        const auto n = form_.number("any", ParamType::integer, *any, 1, most);
        target.kind = Target::Kind::any;
        target.count = static_cast<std::uint32_t>(n.value_or(1));
        return target;
    }
    const YamlNode* where = node.find("where");
    if (where == nullptr) {
        form_.problems().missing(node.place, "target says neither any nor where",
                                 "as in {any: 2} or {where: role=primary}");
        return std::nullopt;
    }
    target.kind = Target::Kind::where;
    const auto text = form_.text("where", *where);
    if (!text) return std::nullopt;
    if (const YamlNode* is = node.find("is")) {
        target.key = *text;
        target.value = form_.value(*is).value_or(Value());
        return target;
    }
    const auto equals = text->find('=');
    if (equals == std::string::npos || equals == 0) {
        form_.wrong(*where, fmt::format("{} is no condition", quoted(*text)),
                    "want what nodes publish, as in role=primary");
        return std::nullopt;
    }
    target.key = text->substr(0, equals);
    YamlNode value;
    value.kind = Kind::scalar;
    value.text = text->substr(equals + 1);
    value.plain = true;
    target.value = form_.value(value).value_or(Value());
    return target;
}

void Reader::read_trigger(const YamlNode& node, fault::PlannedFault& fault) {
    const YamlNode* at = node.find("at");
    if (at == nullptr) {
        form_.problems().missing(node.place, fmt::format("{} needs at", fault.use),
                                 "add at: 1s, or at: {after: leader, plus: 2s}");
        return;
    }
    if (!at->is(Kind::map)) {
        fault.at.plus = form_.duration("at", *at).value_or(Duration{});
        if (fault.at.plus >= out_.chaos) {
            form_.wrong(*at,
                        fmt::format("{} strikes at {}, after the chaos phase", fault.use,
                                    core::to_text(fault.at.plus)),
                        "the phase ends at " + core::to_text(out_.chaos) + " (for)");
        }
        return;
    }
    static const std::vector<std::string> keys = {"after", "plus"};
    form_.known_keys(*at, keys, "at");
    if (const YamlNode* plus = at->find("plus")) {
        fault.at.plus = form_.duration("plus", *plus).value_or(Duration{});
    }
    const YamlNode* after = at->find("after");
    if (after == nullptr) {
        form_.problems().missing(at->place, "at needs after",
                                 "as in {after: leader, plus: 2s}, or say at: 2s");
        return;
    }
    fault.at.after = form_.text("after", *after).value_or("");
    afters_.push_back({after, fault.at.after});
}

void Reader::read_times(const YamlNode& node, const FaultSpec& spec, fault::PlannedFault& fault) {
    read_trigger(node, fault);
    if (const YamlNode* lasts = node.find("for")) {
        fault.lasts = form_.duration("for", *lasts, 1_us);
        if (spec.instant) {
            form_.wrong(*lasts, fmt::format("{} happens at once; it lasts no time", spec.name),
                        "leave `for` out");
        }
    }
    if (const YamlNode* every = node.find("every")) {
        fault.every = form_.duration("every", *every, 1_us);
        if (fault.every && fault.lasts && *fault.every < *fault.lasts) {
            form_.wrong(*every, "it would strike again before it has ended",
                        "want every: " + core::to_text(*fault.lasts) + " (for) or more");
        }
    }
    if (const YamlNode* times = node.find("times")) {
        const auto n = form_.number("times", ParamType::integer, *times, 1, UINT32_MAX);
        fault.times = static_cast<std::uint32_t>(n.value_or(1));
        if (!node.find("every") && fault.times > 1) {
            form_.wrong(*times, "times without every", "add every: 2s, the time between strikes");
        }
    }
    if (const std::string why = fault::too_many_strikes(fault, out_.chaos);
        !why.empty() && !chaos_guessed_) {
        form_.wrong(*node.find("every"), why, fault::fewer_strikes());
    }
    if (const YamlNode* ramp = node.find("ramp")) {
        fault.ramp = form_.duration("ramp", *ramp).value_or(Duration{});
    }
    if (const YamlNode* probability = node.find("probability")) {
        const auto ppm =
            form_.number("probability", ParamType::share, *probability, 1, core::one_million);
        fault.probability_ppm = static_cast<std::uint32_t>(ppm.value_or(core::one_million));
    }
}

void Reader::check_triggers() {
    std::vector<std::string> known = {"leader"};
    for (const fault::PlannedFault& each : out_.faults) known.push_back(each.id);
    for (const After& after : afters_) {
        if (after.word == "leader" && !leads()) {
            form_.wrong(*after.node, fmt::format("{} has no leader", out_.system->name),
                        "want the id of a fault, or KEY=VALUE");
        }
        if (after.word.empty() || contains(known, after.word)) continue;
        const auto equals = after.word.find('=');
        if (equals != std::string::npos && equals > 0) continue;
        std::string help = Form::suggest(after.word, known);
        if (help.starts_with("want ")) help = "want leader, the id of a fault, or KEY=VALUE";
        form_.wrong(*after.node, fmt::format("nothing is called {}", quoted(after.word)), help);
    }
}

void Reader::undrawable(const YamlNode& node, const FaultSpec& spec,
                        const fault::Topology& topology) {
    if (fault::has_aim(spec, topology)) {
        form_.wrong(node, fmt::format("{} cannot be drawn at random", spec.name),
                    "list it with its parameters");
    } else {
        form_.wrong(node,
                    fmt::format("{} finds no link: the system has {}", spec.name,
                                core::counted(topology.nodes, "node")),
                    "leave it out, or give the system more nodes");
    }
}

void Reader::read_random_kinds(const YamlNode& node, RandomFaults& random) {
    const fault::Topology topology{out_.nodes != 0 ? out_.nodes : 3, out_.clients};
    const bool guarded = out_.mode == fault::Mode::recoverable && out_.system != nullptr;
    const auto tolerates =
        guarded && out_.system->tolerates ? out_.system->tolerates(out_.nodes) : node::Tolerates{};
    const bool asks = guarded && out_.system->tolerates;
    const auto consider = [&](const FaultSpec& spec, const YamlNode* named) {
        if (!fault::can_draw(spec, topology)) {
            if (named != nullptr) undrawable(*named, spec, topology);
            return;
        }
        const Drawable drawable = drawable_of(spec, topology);
        const std::string why = asks ? not_tolerated(drawable, tolerates) : "";
        if (!why.empty()) {
            if (named != nullptr) {
                form_.wrong(*named, fmt::format("{} does not tolerate {}", out_.system->name, why),
                            "leave it out, or say mode: unlimited");
            }
            return;
        }
        if (contains(random.kinds, &spec, &RandomKind::spec)) {
            if (named != nullptr) form_.wrong(*named, spec.name + " stands here twice");
            return;
        }
        random.kinds.push_back({&spec, core::key_of(spec.name), drawable.harm});
    };
    const YamlNode* from = node.find("from");
    if (from == nullptr) {
        for (const FaultSpec& spec : names_.faults->all()) {
            if (spec.random && contains(spec.worlds, "sim")) consider(spec, nullptr);
        }
        return;
    }
    if (!form_.want(*from, Kind::sequence, "from")) return;
    for (const YamlNode* item : from->items) {
        const FaultSpec* spec = fault_named(*item);
        if (spec != nullptr) consider(*spec, item);
    }
    if (from->items.empty()) form_.wrong(*from, "from is an empty list", "leave it out for all");
}

void Reader::read_random_times(const YamlNode& node, RandomFaults& random) {
    const YamlNode* count = node.find("count");
    const YamlNode* every = node.find("every");
    std::int64_t slots = 4;
    if (count != nullptr) {
        slots = form_.number("count", ParamType::integer, *count, 1, 10'000).value_or(slots);
    }
    random.every = out_.chaos / slots;
    if (every != nullptr) {
        random.every = form_.duration("every", *every, 1_ms).value_or(random.every);
        if (count == nullptr) {
            slots = (out_.chaos.ns + random.every.ns - 1) / random.every.ns;
            if (slots > 100'000 && !chaos_guessed_) {
                form_.wrong(*every, fmt::format("that makes {} faults", slots),
                            "at most 100000 a run");
            }
            if (slots > 100'000) slots = 1;
        }
    }
    random.every.ns = std::max<std::int64_t>(random.every.ns, 1'000);
    random.slots = static_cast<std::uint32_t>(slots);
    random.lasts_low = random.every / 4;
    random.lasts_high = random.every;
    const YamlNode* lasts = node.find("for");
    if (lasts == nullptr) return;
    const auto text = form_.text("for", *lasts);
    if (!text) return;
    const auto dots = text->find("..");
    YamlNode low = *lasts;
    YamlNode high = *lasts;
    if (dots != std::string::npos) {
        const auto at = static_cast<std::uint32_t>(dots);
        low.text = text->substr(0, dots);
        low.place.length = at;
        high.text = text->substr(dots + 2);
        high.place.offset += at + 2;
        high.place.length = static_cast<std::uint32_t>(high.text.size());
    }
    const auto shortest = form_.duration("for", low, 1_us);
    const auto longest = form_.duration("for", high, 1_us);
    if (!shortest || !longest) return;
    if (*shortest > *longest) {
        form_.wrong(*lasts, fmt::format("{} is empty", quoted(*text)),
                    "the shorter time comes first, as in 1s..5s");
        return;
    }
    random.lasts_low = *shortest;
    random.lasts_high = *longest;
}

void Reader::read_random(const YamlNode& node) {
    form_.known_keys(node, random_keys(), "random");
    RandomFaults random;
    random.prefix =
        out_.random.empty() ? "random/" : fmt::format("random{}/", out_.random.size() + 1);
    read_random_kinds(node, random);
    read_random_times(node, random);
    out_.random.push_back(std::move(random));
}

}  // namespace storm::scenario
