// scenario/read_load.cpp - what clients do: workload, and listed operations and pins.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "core/text.h"
#include "scenario/reader.h"

namespace storm::scenario {

using Kind = YamlNode::Kind;
using fault::ParamType;

namespace {

constexpr std::int64_t clients_max = 100'000;

const fault::ParamSpec* param_named(const WorkloadSpec& spec, std::string_view name) {
    const auto at = std::ranges::find(spec.params, name, &fault::ParamSpec::name);
    return at != spec.params.end() ? &*at : nullptr;
}

/// "5/s" as the time between two.
std::optional<Duration> period_of(std::string_view text) {
    std::int64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
    if (error != std::errc{} || count <= 0) return std::nullopt;
    Duration whole{};
    if (unit == "/ms") whole = 1_ms;
    if (unit == "/s") whole = 1_s;
    if (unit == "/m") whole = 60_s;
    if (unit == "/h") whole = 3600_s;
    if (whole.ns < count) return std::nullopt;
    return whole / count;
}

}  // namespace

void Reader::read_workloads() {
    const YamlNode* node = top("workload");
    if (node == nullptr) return;
    if (node->is(Kind::map)) {
        read_workload(*node);
    } else if (form_.want(*node, Kind::sequence, "workload")) {
        for (const YamlNode* item : node->items) read_workload(*item);
    }
}

void Reader::read_workload(const YamlNode& node) {
    if (!form_.want(node, Kind::map, "a workload")) return;
    const YamlNode* use = node.find("use");
    std::vector<std::string> known;
    for (const WorkloadSpec& each : names_.workloads->all()) known.push_back(each.name);
    if (use == nullptr) {
        form_.problems().missing(node.place, "a workload needs use",
                                 fmt::format("add use: {}", fmt::join(known, " | ")));
        return;
    }
    const auto name = form_.text("use", *use);
    if (!name) return;
    const WorkloadSpec* spec = names_.workloads->find(*name);
    if (spec == nullptr) {
        form_.wrong(*use, fmt::format("no workload is called {}", quoted(*name)),
                    Form::suggest(*name, known));
        const auto near = core::nearest(*name, known);
        if (!near) return;
        spec = names_.workloads->find(*near);
    }
    std::vector<std::string> keys = {"use", "clients"};
    for (const fault::ParamSpec& param : spec->params) keys.push_back(param.name);
    const bool has_rate = param_named(*spec, "every") && !param_named(*spec, "rate");
    if (has_rate) keys.emplace_back("rate");
    form_.known_keys(node, keys, spec->name);

    WorkloadUse load;
    load.spec = spec;
    load.clients = 2;
    if (const YamlNode* clients = node.find("clients")) {
        const auto n = form_.number("clients", ParamType::integer, *clients, 1, clients_max);
        if (n) load.clients = static_cast<std::uint32_t>(*n);
    }
    load.params = form_.params(spec->params, node, spec->name, "");
    if (has_rate) read_rate(node, load.params);
    if (param_named(*spec, "for") != nullptr && node.find("for") == nullptr) {
        load.params.set("for", out_.chaos.ns, ParamType::duration);
    }
    const std::int64_t every = load.params.has("every") ? load.params.number("every") : 0;
    if (!chaos_guessed_ && every > 0 && out_.chaos.ns / every > 10'000'000 / load.clients) {
        form_.wrong(node, "that makes more than 10 million operations a run",
                    "fewer clients, a lower rate, or a shorter chaos phase");
    }
    out_.clients += load.clients;
    out_.workloads.push_back(std::move(load));
}

void Reader::read_rate(const YamlNode& node, fault::Params& params) {
    const YamlNode* rate = node.find("rate");
    if (rate == nullptr) return;
    const auto text = form_.text("rate", *rate);
    if (!text) return;
    const auto period = period_of(*text);
    if (!period) {
        form_.wrong(*rate, fmt::format("{} is no rate of operations", quoted(*text)),
                    "want a whole number and /s, /m or /h, as in 5/s");
    } else if (node.find("every") != nullptr) {
        form_.wrong(*rate, "rate and every say the same", "leave one out");
    } else {
        params.set("every", period->ns, ParamType::duration);
    }
}

void Reader::read_operations() {
    if (const YamlNode* clients = top("clients")) {
        const auto n = form_.number("clients", ParamType::integer, *clients, 0, clients_max);
        if (n && static_cast<std::uint32_t>(*n) < out_.clients) {
            form_.wrong(
                *clients,
                fmt::format("the workloads alone have {}", core::counted(out_.clients, "client")),
                "want as many or more");
        } else if (n) {
            out_.clients = static_cast<std::uint32_t>(*n);
        }
    }
    const YamlNode* node = top("operations");
    if (node == nullptr || !form_.want(*node, Kind::sequence, "operations")) return;
    std::vector<std::uint32_t> next_id;
    for (const YamlNode* item : node->items) read_operation(*item, next_id);
}

void Reader::read_operation(const YamlNode& node, std::vector<std::uint32_t>& next_id) {
    static const std::vector<std::string> keys = {"client", "id", "run", "args", "at"};
    if (!form_.want(node, Kind::map, "an operation")) return;
    form_.known_keys(node, keys, "an operation");
    fault::PlannedOperation operation;
    const YamlNode* client = node.find("client");
    const YamlNode* run = node.find("run");
    if (client == nullptr || run == nullptr) {
        form_.problems().missing(node.place, "an operation needs client and run",
                                 "as in {client: c1, run: read, at: 1s}");
        return;
    }
    const auto who = form_.id(*client, 'c');
    const auto name = form_.text("run", *run);
    if (!who || !name) return;
    if (who->index() >= clients_max) {
        form_.wrong(*client, fmt::format("at most {} clients", clients_max));
        return;
    }
    operation.client = *who;
    operation.name = *name;
    if (out_.system != nullptr) {
        std::vector<std::string> known;
        for (const node::Operation& each : out_.system->operations) known.push_back(each.name);
        if (!contains(known, *name)) {
            form_.wrong(*run,
                        fmt::format("{} has no operation {}", out_.system->name, quoted(*name)),
                        Form::suggest(*name, known));
        }
    }
    if (next_id.size() <= who->index()) next_id.resize(who->index() + 1);
    std::uint32_t& next = next_id[who->index()];
    operation.id = next;
    if (const YamlNode* id = node.find("id")) {
        const auto n = form_.number("id", ParamType::integer, *id, next, UINT32_MAX - 1);
        if (n) operation.id = static_cast<std::uint32_t>(*n);
    }
    next = operation.id + 1;
    if (const YamlNode* args = node.find("args")) {
        operation.args = form_.value(*args).value_or(Value());
    }
    if (const YamlNode* at = node.find("at")) {
        operation.not_before = form_.duration("at", *at).value_or(Duration{});
    }
    out_.clients = std::max(out_.clients, who->index() + 1);
    out_.operations.push_back(std::move(operation));
}

void Reader::read_pins() {
    if (const YamlNode* absent = top("absent")) out_.absent = form_.ids(*absent, 'n');
    const YamlNode* node = top("pins");
    if (node == nullptr || !form_.want(*node, Kind::sequence, "pins")) return;
    static const std::vector<std::string> keys = {"purpose", "key", "index", "outcome"};
    for (const YamlNode* item : node->items) {
        if (!form_.want(*item, Kind::map, "a pin")) continue;
        form_.known_keys(*item, keys, "a pin");
        const YamlNode* purpose = item->find("purpose");
        const YamlNode* key = item->find("key");
        const YamlNode* outcome = item->find("outcome");
        if (purpose == nullptr || key == nullptr || outcome == nullptr) {
            form_.problems().missing(item->place, "a pin needs purpose, key and outcome", "");
            continue;
        }
        fault::Decision pin;
        const auto found = fault::purpose_from(purpose->text);
        if (!found) form_.wrong(*purpose, quoted(purpose->text) + " is no purpose of a draw");
        pin.purpose = found.value_or(fault::Purpose::none);
        const auto hex = core::from_hex(key->text);
        if (!hex) form_.wrong(*key, quoted(key->text) + " is no key", "16 hex digits, quoted");
        pin.key = hex.value_or(0);
        if (const YamlNode* index = item->find("index")) {
            const auto n = form_.number("index", ParamType::integer, *index, 0, UINT32_MAX);
            pin.index = static_cast<std::uint32_t>(n.value_or(0));
        }
        pin.outcome = form_.number("outcome", ParamType::integer, *outcome, INT64_MIN).value_or(0);
        out_.pins.push_back(pin);
    }
}

}  // namespace storm::scenario
