// fault/plan_read.cpp - text to a plan, strictly: whoever edits a plan by hand must not be
// misunderstood.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "core/json.h"
#include "core/text.h"
#include "fault/plan.h"

namespace storm::fault {
namespace {

using core::json_quoted;
using core::JsonReader;

constexpr std::size_t size_max = std::size_t{256} << 20U;
constexpr std::uint32_t nodes_max = 1'000'000;
constexpr auto kind_text = JsonReader::Kind::text;
constexpr auto kind_list = JsonReader::Kind::list;
constexpr auto kind_object = JsonReader::Kind::object;

/// The plan reads in one pass, and `nodes` may stand after what mentions a node; so the
/// highest mention is kept, and judged at the end.
struct Mentions {
    struct Highest {
        std::uint32_t count = 0;  // One more than its index; 0: none was mentioned.
        std::size_t offset = 0;
    };
    Highest nodes, clients;

    void note(core::Id id, std::size_t offset) {
        Highest& highest = id.is_client() ? clients : nodes;
        if (id.index() >= highest.count) highest = {id.index() + 1, offset};
    }
};

class PlanReader {
public:
    PlanReader(std::string_view text, std::string name) : in_(text, std::move(name)) {}

    core::Result<Plan> read() {
        in_.object([this](std::string_view key) { member(key); });
        check_whole();
        STORM_CHECK(in_.finish());
        return std::move(plan_);
    }

private:
    void member(std::string_view key) {
        seen_.emplace(key);
        if (key == "stormproof-plan") return (void)in_.integer(1, 1);
        if (key == "scenario") return set(plan_.scenario, in_.text());
        if (key == "scenario_digest") return set(plan_.scenario_digest, in_.text());
        if (key == "title") return set(plan_.title, in_.text());
        if (key == "system") return set(plan_.system, in_.text());
        if (key == "plant") return set(plan_.plant, in_.text());
        if (key == "nodes") return set(plan_.nodes, small(nodes_max));
        if (key == "clients") return set(plan_.clients, small(nodes_max));
        if (key == "absent") return set(plan_.absent, ids());
        if (key == "network") return network();
        if (key == "for") return set(plan_.chaos, time());
        if (key == "settle") return set(plan_.settle, time());
        if (key == "site_active") return set(plan_.site_active_ppm, share());
        if (key == "site_fires") return set(plan_.site_fires_ppm, share());
        if (key == "step_limit") return set(plan_.step_limit, count());
        if (key == "memory_limit") return set(plan_.memory_limit, count());
        if (key == "faults") return in_.list([this] { fault(); });
        if (key == "operations") return in_.list([this] { operation(); });
        if (key == "checks") return in_.list([this] { check_use(); });
        if (key == "pins") return in_.list([this] { pin(); });
        if (key == "numbers") {
            return in_.object(
                [this](std::string_view name) { plan_.numbers.emplace(name, in_.integer()); });
        }
        if (key == "mode") {
            constexpr std::string_view modes[] = {"recoverable", "unlimited"};
            return set(plan_.mode, static_cast<Mode>(choice(modes)));
        }
        if (key == "ambient") {
            constexpr std::string_view ambients[] = {"drawn", "calm", "neutral"};
            return set(plan_.ambient, static_cast<Ambient>(choice(ambients)));
        }
        in_.unknown_key({"stormproof-plan", "scenario",   "scenario_digest",
                         "title",           "system",     "plant",
                         "numbers",         "nodes",      "clients",
                         "absent",          "network",    "for",
                         "settle",          "mode",       "ambient",
                         "site_active",     "site_fires", "step_limit",
                         "memory_limit",    "faults",     "operations",
                         "checks",          "pins"});
    }

    /// What only the whole plan shows.
    void check_whole() {
        require_key("stormproof-plan", 0);
        require_key("system", 0);
        require_key("nodes", 0);
        const auto absent = [&](std::string_view kind, const Mentions::Highest& highest,
                                std::uint32_t there) {
            if (highest.count <= there) return;
            in_.refuse(highest.offset, fmt::format("there is no {0} {1}{2}: the plan has {3}", kind,
                                                   kind == "node" ? "n" : "c", highest.count,
                                                   core::counted(there, kind)));
        };
        absent("node", mentions_.nodes, plan_.nodes);
        absent("client", mentions_.clients, plan_.clients);
        for (const auto& [fault, offset] : every_) {
            const std::string why = too_many_strikes(plan_.faults[fault], plan_.chaos);
            if (!why.empty()) in_.refuse(offset, why + "; " + fewer_strikes());
        }
    }
    void require_key(std::string_view key, std::size_t offset) {
        if (!seen_.contains(key)) {
            in_.refuse(offset, fmt::format("the key \"{}\" is missing", key));
        }
    }

    template <class T>
    static void set(T& to, T value) {
        to = std::move(value);
    }
    std::uint32_t small(std::uint32_t most = UINT32_MAX) {
        return static_cast<std::uint32_t>(in_.integer(0, most));
    }
    std::uint64_t count() { return static_cast<std::uint64_t>(in_.integer(0)); }

    std::size_t choice(std::span<const std::string_view> words) {
        const std::string word = in_.text();
        const auto at = std::ranges::find(words, word);
        if (in_.good() && at == words.end()) {
            in_.refuse(fmt::format("{} is none of: {}", json_quoted(word), fmt::join(words, ", ")));
        }
        return at == words.end() ? 0 : static_cast<std::size_t>(at - words.begin());
    }

    Duration time() {
        if (in_.peek() == JsonReader::Kind::number) {
            if (in_.integer() != 0) in_.refuse("a time needs a unit, as in \"40ms\"");
            return {};
        }
        const std::string text = in_.text();
        if (!in_.good()) return {};
        const auto parsed = core::parse_duration(text);
        if (!parsed) {
            in_.refuse(parsed.error().message);
        } else if (parsed->ns < 0) {
            in_.refuse(fmt::format("{} is negative: want 0 or more", json_quoted(text)));
        }
        return parsed.value_or(Duration{});
    }
    std::uint32_t share() {
        const std::string text = in_.text();
        if (!in_.good()) return 0;
        const ParamSpec spec{.name = "share", .type = ParamType::share, .high = core::one_million};
        const auto parsed = parse_param(spec, text);
        if (!parsed) in_.refuse(parsed.error().message);
        return parsed ? static_cast<std::uint32_t>(std::get<std::int64_t>(*parsed)) : 0;
    }
    core::Id id() {
        const std::string name = in_.text();
        const auto found = core::id_from(name);
        if (found) {
            mentions_.note(*found, in_.last());
        } else if (in_.good()) {
            in_.refuse(fmt::format("{} names nobody: want a node (\"n1\") or a client (\"c1\")",
                                   json_quoted(name)));
        }
        return found.value_or(core::Id{});
    }
    std::vector<core::Id> ids() {
        std::vector<core::Id> all;
        in_.list([&] { all.push_back(id()); });
        return all;
    }

    void network() {
        const std::size_t at = in_.next();
        Params params = this->params();
        if (!in_.good()) return;
        auto complete_params = complete(link_params(), std::move(params));
        if (!complete_params) return in_.refuse(at, complete_params.error().message);
        plan_.network = link_from(*complete_params);
        if (const auto checked = check(plan_.network); !checked) {
            in_.refuse(at, checked.error().message);
        }
    }

    Params params() {
        Params all;
        in_.object([&](std::string_view name) { param(all, name); });
        return all;
    }
    void param(Params& to, std::string_view name) {
        switch (in_.peek()) {
            case JsonReader::Kind::boolean:
                return to.set(name, in_.boolean(), ParamType::boolean);
            case kind_list: {
                Groups groups;
                in_.list([&] { groups.push_back(ids()); });
                return to.set(name, std::move(groups), ParamType::groups);
            }
            case kind_text: {
                std::string text = in_.text();
                if (const auto number = number_with_unit(text)) {
                    return to.set(name, number->second, number->first);
                }
                return to.set(name, std::move(text), ParamType::text);
            }
            case kind_object: {
                std::string text;
                bool given = false;
                in_.object([&](std::string_view key) {
                    if (key != "text") return in_.unknown_key({"text"});
                    text = in_.text();
                    given = true;
                });
                if (!given) in_.refuse("want {\"text\": ...}");
                return to.set(name, std::move(text), ParamType::text);
            }
            default:
                return to.set(name, in_.integer(), ParamType::integer);
        }
    }

    Trigger trigger() {
        Trigger trigger;
        if (in_.peek() != kind_object) {
            trigger.plus = time();
            return trigger;
        }
        in_.object([&](std::string_view key) {
            if (key == "after") {
                trigger.after = in_.text();
                if (in_.good() && trigger.after.empty()) {
                    in_.refuse("want an event, as in {\"after\": \"leader\"}");
                }
            } else if (key == "plus") {
                trigger.plus = time();
            } else {
                in_.unknown_key({"after", "plus"});
            }
        });
        if (trigger.after.empty()) in_.refuse("the key \"after\" is missing");
        return trigger;
    }

    Target target() {
        using enum Target::Kind;
        Target target;
        if (in_.peek() == kind_list) {
            target.kind = named;
            target.names = ids();
            if (target.names.empty()) in_.refuse("a target needs at least one name");
        } else if (in_.peek() == kind_object) {
            target_object(target);
        } else {
            const std::string word = in_.text();
            if (!in_.good()) return target;
            target.kind = word == "leader" ? leader : word == "all" ? all : named;
            if (target.kind != named) return target;
            const auto one = core::id_from(word);
            if (!one) {
                in_.refuse(
                    fmt::format("no target is called {}: want \"n2\", [\"n1\", \"n2\"], "
                                "\"all\", \"leader\", {{\"any\": 2}} or "
                                "{{\"where\": \"role\", \"is\": \"backup\"}}",
                                json_quoted(word)));
                return target;
            }
            mentions_.note(*one, in_.last());
            target.names = {*one};
        }
        return target;
    }
    void target_object(Target& target) {
        bool any = false;
        bool where = false;
        bool is = false;
        in_.object([&](std::string_view key) {
            if (key == "any") {
                any = true;
                target.count = static_cast<std::uint32_t>(in_.integer(1, nodes_max));
            } else if (key == "where") {
                where = true;
                target.key = in_.text();
            } else if (key == "is") {
                is = true;
                target.value = in_.value();
            } else {
                in_.unknown_key({"any", "where", "is"});
            }
        });
        if (any == where || where != is) {
            in_.refuse("want {\"any\": 2} or {\"where\": \"role\", \"is\": \"backup\"}");
        }
        target.kind = any ? Target::Kind::any : Target::Kind::where;
    }

    void fault() {
        PlannedFault fault;
        bool at = false;
        const std::size_t begin = in_.next();
        in_.object([&](std::string_view key) {
            at |= key == "at";
            fault_member(fault, key);
        });
        if (fault.id.empty()) in_.refuse(begin, "a fault needs an \"id\"");
        if (fault.use.empty()) in_.refuse(begin, "a fault needs \"use\": the name of a fault");
        if (!at) in_.refuse(begin, "a fault needs \"at\": when it strikes");
        if (!fault_ids_.insert(fault.id).second) {
            in_.refuse(begin, fmt::format("two faults have the id {}", json_quoted(fault.id)));
        }
        plan_.faults.push_back(std::move(fault));
    }
    void fault_member(PlannedFault& fault, std::string_view key) {
        if (key == "id") return set(fault.id, in_.text());
        if (key == "use") return set(fault.use, in_.text());
        if (key == "at") return set(fault.at, trigger());
        if (key == "for") return set(fault.lasts, std::optional(time()));
        if (key == "target") return set(fault.target, target());
        if (key == "with") return set(fault.params, params());
        if (key == "times") return set(fault.times, small());
        if (key == "ramp") return set(fault.ramp, time());
        if (key == "probability") return set(fault.probability_ppm, share());
        if (key == "required") return set(fault.required, in_.boolean());
        if (key == "every") {
            fault.every = time();
            if (in_.good() && fault.every->ns == 0) in_.refuse("every 0 would never end");
            every_.emplace_back(plan_.faults.size(), in_.last());
            return;
        }
        in_.unknown_key({"id", "use", "at", "for", "target", "with", "every", "times", "ramp",
                         "probability", "required"});
    }

    void operation() {
        PlannedOperation operation;
        bool client = false;
        bool number = false;
        const std::size_t begin = in_.next();
        in_.object([&](std::string_view key) {
            if (key == "client") {
                client = true;
                operation.client = id();
                if (in_.good() && !operation.client.is_client()) {
                    in_.refuse("operations are issued by clients: want \"c1\"");
                }
                return;
            }
            number |= key == "id";
            if (key == "id") return set(operation.id, small());
            if (key == "name") return set(operation.name, in_.text());
            if (key == "args") return set(operation.args, in_.value());
            if (key == "at") return set(operation.not_before, time());
            in_.unknown_key({"client", "id", "name", "args", "at"});
        });
        if (!client) in_.refuse(begin, "an operation needs a \"client\"");
        if (!number) in_.refuse(begin, "an operation needs an \"id\"");
        if (operation.name.empty()) in_.refuse(begin, "an operation needs a \"name\"");
        if (!operation_ids_.emplace(operation.client.value, operation.id).second) {
            in_.refuse(begin, fmt::format("two operations of {} have the id {}",
                                          core::name_of(operation.client), operation.id));
        }
        plan_.operations.push_back(std::move(operation));
    }

    void check_use() {
        PlannedCheck check;
        const std::size_t begin = in_.next();
        in_.object([&](std::string_view key) {
            if (key == "use") return set(check.use, in_.text());
            if (key == "with") return set(check.params, params());
            in_.unknown_key({"use", "with"});
        });
        if (check.use.empty()) in_.refuse(begin, "a check needs \"use\": the name of a check");
        plan_.checks.push_back(std::move(check));
    }

    void pin() {
        Decision pin;
        bool key_given = false;
        bool outcome = false;
        const std::size_t begin = in_.next();
        in_.object([&](std::string_view key) {
            key_given |= key == "key";
            outcome |= key == "outcome";
            if (key == "purpose") return set(pin.purpose, purpose());
            if (key == "key") return set(pin.key, hex());
            if (key == "index") return set(pin.index, small());
            if (key == "outcome") return set(pin.outcome, in_.integer());
            in_.unknown_key({"purpose", "key", "index", "outcome"});
        });
        if (pin.purpose == Purpose::none) in_.refuse(begin, "a pin needs a \"purpose\"");
        if (!key_given) in_.refuse(begin, "a pin needs a \"key\"");
        if (!outcome) in_.refuse(begin, "a pin needs an \"outcome\"");
        plan_.pins.push_back(pin);
    }
    Purpose purpose() {
        const std::string name = in_.text();
        const auto found = purpose_from(name);
        if (in_.good() && !found) {
            std::vector<std::string> names;
            for (std::size_t i = 1; i < purpose_count; ++i) {
                const auto known = info(static_cast<Purpose>(i)).name;
                if (known != "none") names.emplace_back(known);
            }
            const auto near = core::nearest(name, names);
            in_.refuse(fmt::format(
                "no draw is for {}: {}", json_quoted(name),
                near ? "did you mean \"" + *near + "\"?" : "want one of " + core::joined(names)));
        }
        return found.value_or(Purpose::none);
    }
    core::Key hex() {
        const std::string text = in_.text();
        const auto key = core::from_hex(text);
        if (in_.good() && !key) in_.refuse("want 16 hexadecimal digits in lower case");
        return key.value_or(0);
    }

    JsonReader in_;
    Plan plan_;
    Mentions mentions_;
    std::set<std::string, std::less<>> seen_;
    std::set<std::string> fault_ids_;
    std::vector<std::pair<std::size_t, std::size_t>> every_;  // Of a fault, and where it stands.
    std::set<std::pair<std::uint32_t, std::uint32_t>> operation_ids_;
};

}  // namespace

core::Result<Plan> plan_from_json(std::string_view text, std::string name) {
    if (text.size() > size_max) {
        return core::fail(core::ErrorKind::bad_input, name + ":1:1: larger than 256 MiB");
    }
    return PlanReader(text, std::move(name)).read();
}

}  // namespace storm::fault
