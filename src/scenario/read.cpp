// scenario/read.cpp - read(), and the keys that stand alone: system, network, checks, expect.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/text.h"
#include "scenario/reader.h"

namespace storm::scenario {

using Kind = YamlNode::Kind;
using fault::ParamType;

const std::vector<std::string>& top_keys() {
    static const std::vector<std::string> keys = {
        "stormproof", "title", "system",        "network",    "workload", "faults",
        "checks",     "for",   "settle",        "mode",       "swarm",    "code_points",
        "expect",     "seeds", "min_effective", "must_reach", "limits",   "clients",
        "operations", "pins",  "ambient",       "absent"};
    return keys;
}

std::string_view to_text(Expect expect) {
    constexpr std::string_view words[] = {"pass", "violated", "inconclusive"};
    return words[static_cast<std::size_t>(expect)];
}

Scenario Reader::run() {
    form_.known_keys(root_, top_keys(), "a scenario");
    read_version();
    if (const YamlNode* title = top("title")) {
        out_.title = form_.text("title", *title).value_or("");
    }
    read_switches();
    read_system();
    read_lengths();
    read_workloads();
    read_operations();
    form_.set_clients(out_.clients);
    read_network();
    read_faults();
    read_checks();
    read_expect();
    read_seeds();
    read_limits();
    read_pins();
    return std::move(out_);
}

void Reader::read_version() {
    const YamlNode* node = root_.find("stormproof");
    if (node == nullptr) {
        form_.problems().missing({}, "a scenario begins with stormproof: 1",
                                 "add stormproof: 1, the version of the format");
    } else if (!node->is(Kind::scalar) || node->text != "1") {
        form_.wrong(*node, "this version of the format is unknown", "want stormproof: 1");
    }
}

void Reader::read_system() {
    const YamlNode* node = top("system");
    if (node == nullptr) {
        form_.problems().missing({}, "a scenario needs a system", "add system: {use: NAME}");
        return;
    }
    const YamlNode* use = node->is(Kind::map) ? node->find("use") : node;
    if (use == nullptr) {
        form_.problems().missing(node->place, "system needs use", "add use: NAME");
    } else if (const auto name = form_.text("system", *use)) {
        std::vector<std::string> known;
        for (const node::System& each : *names_.systems) {
            known.push_back(each.name);
            if (each.name == *name) out_.system = &each;
        }
        if (out_.system == nullptr) {
            form_.wrong(
                *use, fmt::format("no system is called {}", quoted(*name)),
                fmt::format("{}   ({} system ls)", Form::suggest(*name, known), names_.program));
        } else {
            out_.nodes = out_.system->nodes;
        }
    }
    if (node->is(Kind::map)) read_system_map(*node);
    if (out_.system != nullptr) form_.set_nodes(out_.nodes);
}

void Reader::read_system_map(const YamlNode& node) {
    static const std::vector<std::string> keys = {"use", "nodes", "plant", "with"};
    form_.known_keys(node, keys, "system");
    const node::System* system = out_.system;
    if (const YamlNode* nodes = node.find("nodes")) {
        const auto count = form_.number("nodes", ParamType::integer, *nodes, 1, 100'000);
        if (count && system != nullptr) {
            out_.nodes = static_cast<std::uint32_t>(*count);
            if (out_.nodes < system->nodes_min || out_.nodes > system->nodes_max) {
                form_.wrong(*nodes,
                            fmt::format("{} cannot run on {}", system->name,
                                        core::counted(out_.nodes, "node")),
                            fmt::format("want {} to {}", system->nodes_min, system->nodes_max));
            }
        }
    }
    if (const YamlNode* plant = node.find("plant"); plant != nullptr && !plant->is(Kind::null)) {
        out_.plant = form_.text("plant", *plant).value_or("");
        if (system != nullptr && !out_.plant.empty()) {
            std::vector<std::string> known;
            for (const node::Plant& each : system->plants) known.push_back(each.name);
            if (!contains(known, out_.plant)) {
                form_.wrong(
                    *plant,
                    fmt::format("{} has no bug called {}", system->name, quoted(out_.plant)),
                    fmt::format("{}   ({} system explain {})", Form::suggest(out_.plant, known),
                                names_.program, system->name));
            }
        }
    }
    if (const YamlNode* with = node.find("with"); with != nullptr && !with->is(Kind::null)) {
        if (form_.want(*with, Kind::map, "with")) read_numbers(*with);
    }
}

void Reader::read_numbers(const YamlNode& with) {
    if (out_.system == nullptr) return;
    std::vector<std::string> known;
    for (const auto& [name, summary] : out_.system->numbers) known.push_back(name);
    form_.known_keys(with, known, "with");
    for (const YamlNode::Entry& entry : with.entries) {
        if (!form_.want(*entry.value, Kind::scalar, entry.key)) continue;
        const auto with_unit = fault::number_with_unit(entry.value->text);
        if (with_unit) {
            out_.numbers[entry.key] = with_unit->second;
        } else if (const auto plain =
                       form_.number(entry.key, ParamType::integer, *entry.value, INT64_MIN)) {
            out_.numbers[entry.key] = *plain;
        }
    }
}

/// Something to go on with; what else is wrong does not follow from it.
void Reader::guess_chaos() {
    out_.chaos = core::seconds(1'000'000);
    chaos_guessed_ = true;
}

void Reader::read_lengths() {
    if (const YamlNode* length = top("for")) {
        out_.chaos = form_.duration("for", *length, 1_us).value_or(Duration{});
        if (out_.chaos.ns == 0) guess_chaos();
    } else if (const YamlNode* workload = top("workload")) {
        std::vector<const YamlNode*> uses(workload->items.begin(), workload->items.end());
        if (workload->is(Kind::map)) uses.push_back(workload);
        for (const YamlNode* use : uses) {
            const YamlNode* length_of = use->find("for");
            if (length_of == nullptr || !length_of->is(Kind::scalar)) continue;
            const auto parsed = core::parse_duration(length_of->text);
            if (!parsed) guess_chaos();
            if (parsed) out_.chaos = std::max(out_.chaos, *parsed);
        }
    }
    if (out_.chaos.ns <= 0) {
        form_.problems().missing({}, "nothing says how long the chaos phase is",
                                 "add for: 5s at the top, or to a workload");
        guess_chaos();
    }
    out_.settle = core::seconds(30);
    if (const YamlNode* settle = top("settle")) {
        out_.settle = form_.duration("settle", *settle).value_or(out_.settle);
    }
}

void Reader::read_network() {
    out_.network.delay = 1_ms;
    out_.network.jitter = 500_us;
    const YamlNode* node = top("network");
    if (node == nullptr || !form_.want(*node, Kind::map, "network")) return;
    const std::vector<fault::ParamSpec> specs = fault::link_params();
    std::vector<std::string> keys;
    for (const fault::ParamSpec& spec : specs) keys.push_back(spec.name);
    form_.known_keys(*node, keys, "network");
    const fault::Params params = form_.params(specs, *node, "network", "");
    // Whoever says nothing of delays gets the ones above; one that is said stands alone.
    const fault::LinkFault said = fault::link_from(params);
    const Duration delay = out_.network.delay;
    const Duration jitter = out_.network.jitter;
    out_.network = said;
    if (node->find("delay") == nullptr && node->find("jitter") == nullptr) {
        out_.network.delay = delay;
        out_.network.jitter = jitter;
    }
    if (const auto fine = fault::check(out_.network); !fine) {
        form_.problems().missing(node->place, "network: " + fine.error().message, "");
    }
}

void Reader::read_checks() {
    const YamlNode* node = top("checks");
    if (node == nullptr) return;
    if (!form_.want(*node, Kind::sequence, "checks")) return;
    for (const YamlNode* item : node->items) read_check(*item);
}

void Reader::read_check(const YamlNode& node) {
    if (!node.is(Kind::scalar) && !form_.want(node, Kind::map, "a check")) return;
    const YamlNode* use = node.is(Kind::map) ? node.find("use") : &node;
    if (use == nullptr) {
        form_.problems().missing(node.place, "a check needs use", "add use: NAME");
        return;
    }
    const auto name = form_.text("use", *use);
    if (!name) return;
    std::vector<std::string> known;
    for (const CheckName& each : names_.checks) known.push_back(each.name);
    auto spec = std::ranges::find(names_.checks, *name, &CheckName::name);
    if (spec == names_.checks.end()) {
        form_.wrong(
            *use, fmt::format("no check is called {}", quoted(*name)),
            fmt::format("{}   ({} checks ls)", Form::suggest(*name, known), names_.program));
        const auto near = core::nearest(*name, known);
        if (!near) return;
        spec = std::ranges::find(names_.checks, *near, &CheckName::name);
    }
    if (out_.system != nullptr && !spec->models.empty() &&
        !contains(spec->models, out_.system->model)) {
        form_.wrong(*use, fmt::format("{} cannot judge {}", spec->name, out_.system->name),
                    fmt::format("it understands {}, the system's model is {}",
                                fmt::join(spec->models, ", "),
                                out_.system->model.empty() ? "unsaid" : out_.system->model));
    }
    std::vector<std::string> keys = {"use"};
    bool says_after = false;
    for (const fault::ParamSpec& param : spec->params) {
        keys.push_back(param.name);
        says_after = says_after || param.name == "after";
    }
    if (!says_after) keys.emplace_back("after");  // `after: heal` may be said of every check.
    form_.known_keys(node, keys, spec->name);
    if (const YamlNode* after = node.find("after"); after != nullptr && !says_after) {
        static const std::vector<std::string> when = {"heal"};
        static_cast<void>(form_.choice("after", *after, when));
    }
    const std::string more = fmt::format("   ({} checks explain {})", names_.program, spec->name);
    out_.checks.push_back({spec->name, form_.params(spec->params, node, spec->name, more)});
}

void Reader::read_expect() {
    static const std::vector<std::string> words = {"pass", "violated", "inconclusive"};
    const YamlNode* node = top("expect");
    if (node == nullptr) return;
    if (node->is(Kind::scalar)) {
        const auto at = form_.choice("expect", *node, words);
        out_.expect = static_cast<Expect>(at.value_or(0));
        return;
    }
    static const std::vector<std::string> keys = {"violated"};
    if (!form_.want(*node, Kind::map, "expect")) return;
    form_.known_keys(*node, keys, "expect");
    const YamlNode* check = node->find("violated");
    if (check == nullptr) return;
    out_.expect = Expect::violated;
    out_.expect_check = form_.text("violated", *check).value_or("");
    std::vector<std::string> known;
    for (const CheckName& each : names_.checks) known.push_back(each.name);
    for (const char* built_in : {"no-crash", "deterministic"}) {
        if (!contains(known, std::string(built_in))) known.emplace_back(built_in);
    }
    if (!out_.expect_check.empty() && !contains(known, out_.expect_check)) {
        form_.wrong(*check, fmt::format("no check is called {}", quoted(out_.expect_check)),
                    fmt::format("{}   ({} checks ls)", Form::suggest(out_.expect_check, known),
                                names_.program));
        return;
    }
    const auto listed = std::ranges::find(names_.checks, out_.expect_check, &CheckName::name);
    const bool always = listed == names_.checks.end() || listed->built_in;
    if (always || contains(out_.checks, out_.expect_check, &fault::PlannedCheck::use)) return;
    form_.wrong(*check,
                fmt::format("{} is expected to be violated, and no check of this scenario "
                            "is called so",
                            quoted(out_.expect_check)),
                "name it under checks, or nobody judges it");
}

void Reader::read_seeds() {
    const YamlNode* node = top("seeds");
    if (node == nullptr) return;
    const auto text = form_.text("seeds", *node);
    if (!text) return;
    const std::string_view all = *text;
    const auto dots = all.find("..");
    const auto number = [](std::string_view word) -> std::optional<std::uint64_t> {
        std::uint64_t n = 0;
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), n);
        if (error != std::errc{} || end != word.data() + word.size()) return std::nullopt;
        return n;
    };
    const auto first = dots == std::string_view::npos ? std::optional<std::uint64_t>(1)
                                                      : number(all.substr(0, dots));
    const auto last = number(dots == std::string_view::npos ? all : all.substr(dots + 2));
    if (!first || !last) {
        form_.wrong(*node, fmt::format("{} names no seeds", quoted(all)),
                    "want a range as in 1..1000, or how many");
    } else if (*first > *last) {
        form_.wrong(*node, fmt::format("{} is empty", quoted(all)), "the lower seed comes first");
    } else if (*first == 0) {
        form_.wrong(*node, fmt::format("{} begins below the first seed", quoted(all)),
                    "seeds count from 1");
    } else {
        out_.seed_first = *first;
        out_.seed_last = *last;
    }
}

void Reader::read_switches() {
    static const std::vector<std::string> modes = {"recoverable", "unlimited"};
    static const std::vector<std::string> ambients = {"drawn", "calm", "neutral"};
    if (const YamlNode* mode = top("mode")) {
        out_.mode = static_cast<fault::Mode>(form_.choice("mode", *mode, modes).value_or(0));
    }
    if (const YamlNode* ambient = top("ambient")) {
        const auto at = form_.choice("ambient", *ambient, ambients);
        if (at) out_.ambient = *fault::ambient_from(ambients[*at]);
    }
    if (const YamlNode* swarm = top("swarm")) {
        out_.swarm = form_.flag("swarm", *swarm).value_or(true);
    }
    const YamlNode* points = top("code_points");
    if (points != nullptr && points->is(Kind::map)) {
        static const std::vector<std::string> keys = {"active", "fires"};
        form_.known_keys(*points, keys, "code_points");
        const auto share = [&](const char* key, std::uint32_t& to) {
            const YamlNode* node = points->find(key);
            if (node == nullptr) return;
            const auto ppm = form_.number(key, ParamType::share, *node, 0, core::one_million);
            if (ppm) to = static_cast<std::uint32_t>(*ppm);
        };
        share("active", out_.site_active_ppm);
        share("fires", out_.site_fires_ppm);
    } else if (points != nullptr && !form_.flag("code_points", *points).value_or(true)) {
        out_.site_active_ppm = 0;
    }
}

void Reader::read_limits() {
    if (const YamlNode* node = top("min_effective")) {
        const auto ppm =
            form_.number("min_effective", ParamType::share, *node, 0, core::one_million);
        if (ppm) out_.min_effective_ppm = static_cast<std::uint32_t>(*ppm);
    }
    if (const YamlNode* sites = top("must_reach")) {
        if (form_.want(*sites, Kind::sequence, "must_reach")) {
            for (const YamlNode* item : sites->items) {
                auto site = form_.text("must_reach", *item);
                if (!site) continue;
                check_site(*item, *site);
                out_.must_reach.push_back(std::move(*site));
            }
        }
    }
    const YamlNode* limits = top("limits");
    if (limits == nullptr || !form_.want(*limits, Kind::map, "limits")) return;
    static const std::vector<std::string> keys = {"steps", "memory"};
    form_.known_keys(*limits, keys, "limits");
    if (const YamlNode* steps = limits->find("steps")) {
        const auto n = form_.number("steps", ParamType::integer, *steps, 1);
        out_.step_limit = static_cast<std::uint64_t>(n.value_or(0));
    }
    if (const YamlNode* memory = limits->find("memory")) {
        const auto n = form_.number("memory", ParamType::bytes, *memory, 1);
        out_.memory_limit = static_cast<std::uint64_t>(n.value_or(0));
    }
}

namespace {

std::string text_of(const Setting& setting) { return setting.path + "=" + setting.value; }

}  // namespace

ReadResult read(std::string_view text, const std::string& path, const Vocabulary& vocabulary,
                const std::vector<Setting>& settings) {
    if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    std::vector<std::string> settings_text;
    std::uint64_t digest = core::key_of(text.size() <= text_max ? text : std::string_view());
    for (const Setting& setting : settings) {
        settings_text.push_back(text_of(setting));
        digest = core::combine(digest, core::key_of(settings_text.back()));
    }
    Problems problems(text, settings_text);
    YamlArena arena;
    ReadResult result;
    YamlNode* root = parse_yaml(text, arena, problems);
    if (root != nullptr && root->is(Kind::null)) {
        problems.missing({}, "the file is empty", "begin with stormproof: 1");
    } else if (root != nullptr && !root->is(Kind::map)) {
        problems.add(root->place, fmt::format("a scenario is a map, found {}", to_text(root->kind)),
                     "begin with stormproof: 1");
    } else if (root != nullptr) {
        for (std::size_t i = 0; i < settings.size(); ++i) {
            apply_setting(*root, arena, problems, settings[i].path, settings[i].value,
                          static_cast<std::int32_t>(i));
        }
        Scenario scenario = Reader(*root, problems, vocabulary).run();
        scenario.path = path;
        scenario.digest = core::hex(digest);
        scenario.text = text;
        if (!problems.any()) result.scenario = std::move(scenario);
    }
    result.problems = problems.take();
    return result;
}

}  // namespace storm::scenario
