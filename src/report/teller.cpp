#include "report/teller.h"

#include <fmt/format.h>

#include <algorithm>
#include <ranges>

#include "core/dice.h"
#include "core/text.h"

namespace storm::report {

using history::EventKind;

namespace {

constexpr std::size_t few = 4;  // Faults that a drawing has room for.

/// "pause", "disk full", "delay everywhere", with how long it lasted.
std::string struck_text(const history::FaultRecord& fault, Instant ended) {
    const auto dot = fault.use.find('.');
    const std::string family = fault.use.substr(0, dot);
    std::string text = fault.use;
    if (dot != std::string::npos && (family == "net" || family == "node")) text.erase(0, dot + 1);
    std::ranges::replace_if(text, [](char c) { return c == '.' || c == '_'; }, ' ');
    if (fault.to > fault.from && fault.to < ended) {
        text += " for " + short_time(fault.to - fault.from);
    }
    return text;
}

}  // namespace

Trace Teller::tell(const TraceLimits& limits) {
    index_messages();
    choose_operations(limits.operations);
    set_window();
    for (const auto index : told_) tell_operation(index);
    tell_messages();
    tell_moments();
    tell_nodes();
    tell_faults();
    return choose(limits);
}

void Teller::index_messages() {
    for (const auto& event : record_.trace) {
        if (event.message == 0) continue;
        auto& fate = fates_[event.message];
        if (event.kind == EventKind::send && fate.sent == nullptr) fate.sent = &event;
        if (event.kind == EventKind::drop) fate.dropped = &event;
        if (event.kind == EventKind::deliver) {
            if (fate.arrived == nullptr) fate.arrived = &event;
            ++fate.arrivals;
        }
    }
}

/// The fatal operation, the broken promise, then the latest ones.
void Teller::choose_operations(std::size_t most) {
    const auto take = [&](std::uint32_t index) {
        if (index < record_.history.size() && told_.size() < most) told_.insert(index);
    };
    const auto* kept = promise();
    take(finding_.fatal);
    for (const auto index : finding_.operations) {
        if (index < record_.history.size() && &record_.history[index] == kept) take(index);
    }
    for (std::size_t i = finding_.operations.size(); i-- > 0;) take(finding_.operations[i]);
}

/// From the first request that is told to the last thing that belongs to the certificate.
void Teller::set_window() {
    from_ = Instant::max();
    to_ = Instant{};
    for (const auto index : told_) {
        const auto& operation = record_.history[index];
        from_ = std::min(from_, operation.invoked);
        to_ = std::max({to_, operation.invoked, operation.completed});
    }
    for (const auto& moment : finding_.moments) {
        from_ = std::min(from_, moment.at);
        to_ = std::max(to_, moment.at);
    }
    if (finding_.fatal < record_.history.size()) {
        const auto& fatal = record_.history[finding_.fatal];
        if (fatal.completed > fatal.invoked) to_ = fatal.completed;  // What follows adds nothing.
    } else if (const auto* broken = breach(); broken != nullptr) {
        from_ = std::min(from_, broken->at);
        to_ = broken->at;
    }
    if (finding_.fatal >= record_.history.size()) {
        for (const auto message : chain_before_end()) {
            from_ = std::min(from_, fates_.at(message).sent->at);
        }
    }
    begins_ = from_;
    if (finding_.operations.empty() || few_faults()) from_ = std::min(from_, lead_in());
    if (from_ > to_) from_ = Instant{}, to_ = record_.ended;
}

/// A smallest run has no fault that is not part of the story.
bool Teller::few_faults() const { return story_.smallest.plan.faults.size() <= few; }

bool Teller::is_absent(core::Id id) const {
    const auto& absent = story_.smallest.plan.absent;
    return std::find(absent.begin(), absent.end(), id) != absent.end();
}

/// Where the run itself found this wrong: the law or property that did not hold.
const history::Event* Teller::breach() const {
    for (const auto& event : record_.trace) {
        if (event.kind != EventKind::violated) continue;
        if (event.text == finding_.sentence || event.name == finding_.check ||
            event.name == finding_.site || event.name.empty()) {
            return &event;
        }
    }
    return nullptr;
}

/// Without operations the story begins with the faults before its end.
Instant Teller::lead_in() const {
    Instant begin = to_;
    for (const auto& fault : record_.faults) {
        if (fault.occurred && fault.from <= to_) begin = std::min(begin, fault.from);
    }
    return begin;
}

/// The last of the certificate that was told, before the fatal one began, what it denies.
const history::Operation* Teller::promise() const {
    const history::Operation* found = nullptr;
    if (finding_.expected.empty()) return nullptr;
    const bool known = finding_.fatal < record_.history.size();
    const Instant before = known ? record_.history[finding_.fatal].invoked : Instant::max();
    for (const auto index : finding_.operations) {
        if (index >= record_.history.size() || index == finding_.fatal) continue;
        const auto& operation = record_.history[index];
        if (operation.outcome != history::Outcome::ok || operation.completed > before) continue;
        if (names_expected(operation.args) || answered_expected(operation)) found = &operation;
    }
    return found;
}

bool Teller::answered_expected(const history::Operation& operation) const {
    return !operation.result.is_nil() && core::to_human(operation.result) == finding_.expected;
}

bool Teller::names_expected(const Value& args) const {
    if (const auto* list = args.list()) {
        return !list->empty() && core::to_human(list->back()) == finding_.expected;
    }
    return !args.is_nil() && core::to_human(args) == finding_.expected;
}

void Teller::tell_operation(std::uint32_t index) {
    const auto& operation = record_.history[index];
    const bool ended = (operation.outcome == history::Outcome::ok ||
                        operation.outcome == history::Outcome::fail) &&
                       operation.completed <= to_;
    const Instant last = ended ? operation.completed : to_;
    const history::Event* answer = nullptr;
    const history::Event* first = nullptr;
    for (const auto& event : record_.trace) {
        if (event.at < operation.invoked || event.at > last) continue;
        if (event.kind == EventKind::send && event.node == operation.client &&
            !is_absent(event.peer)) {
            // Asking again, or asking another node, is the same request.
            const bool same = first == nullptr || event.name == first->name;
            offer({Step::Kind::message,
                   event.at,
                   event.node,
                   event.peer,
                   same ? request_text(operation.name, operation.args) : message_text(event.name),
                   {},
                   Accent::plain},
                  event, first == nullptr ? 0 : 2);
            if (first == nullptr) first = &event;
        }
        if (ended && event.kind == EventKind::deliver && event.node == operation.client) {
            answer = &event;
        }
    }
    if (first == nullptr) {
        offer({Step::Kind::note,
               operation.invoked,
               operation.client,
               operation.client,
               request_text(operation.name, operation.args),
               {},
               Accent::plain},
              0, 0);
    }
    if (answer != nullptr) served_.push_back({answer->peer, operation.invoked, answer->at});
    const bool answers = operation.outcome != history::Outcome::ok || operation.completed <= to_;
    if (answers) tell_answer(operation, index, answer);
}

void Teller::tell_answer(const history::Operation& operation, std::uint32_t index,
                         const history::Event* answer) {
    Step step{Step::Kind::note, operation.completed,    operation.client,
              operation.client, answer_text(operation), {},
              Accent::plain};
    std::uint64_t sequence = ~0ULL;
    std::uint64_t message = 0;
    if (answer != nullptr) {
        step.kind = Step::Kind::message;
        step.from = answer->peer;
        sequence = answer->sequence;
        message = answer->message;
        answers_.insert(message);
    } else if (operation.outcome == history::Outcome::pending) {
        step.at = to_;
    }
    if (index == finding_.fatal) {
        step.accent = Accent::fatal;
        if (!finding_.expected.empty()) step.remark = "expected " + finding_.expected;
    } else if (&operation == promise()) {
        step.accent = Accent::promise;
        step.remark = names_expected(operation.args) ? "the broken promise" : "already read";
    }
    offer(std::move(step), sequence, 0, message);
}

/// What the requests caused, and what faults dropped meanwhile.
void Teller::tell_messages() {
    find_background();
    std::set<std::uint64_t> caused;
    std::set<core::Id> clients;
    for (const auto index : told_) clients.insert(record_.history[index].client);
    for (const auto& each : offered_) {
        if (each.message != 0) caused.insert(each.message);
    }
    for (const auto message : chain_before_end()) caused.insert(message);
    for (const auto& event : record_.trace) {
        if (event.kind != EventKind::send || event.message == 0 || !in_window(event.at)) continue;
        const bool followed = caused.contains(event.cause) || caused.contains(event.message);
        const bool belongs = followed || while_serving(event);
        if (followed || (belongs && !background_.contains(event.name))) {
            caused.insert(event.message);
            caused.insert(core::combine(event.message, 1));  // What a second copy caused.
        }
        if (event.node.is_client() || answers_.contains(event.message)) continue;
        if (is_absent(event.peer)) continue;
        const Fate& fate = fates_.at(event.message);
        const bool by_fault =
            fate.dropped != nullptr && fault_by_id(fate.dropped->text, fate.dropped->at) != nullptr;
        if (!belongs && !by_fault) continue;
        const bool to_client = event.peer.is_client();
        if (to_client && !clients.contains(event.peer)) continue;
        const bool near = belongs && !to_client && (followed || !background_.contains(event.name));
        const std::uint32_t weight = near && by_fault ? 1 : near ? 2 : 3;
        offer({Step::Kind::message,
               event.at,
               event.node,
               event.peer,
               message_text(event.name),
               {},
               Accent::plain},
              event, weight);
    }
}

/// Names of messages that are sent whether a request is served or not: heartbeats.
void Teller::find_background() {
    std::map<std::string, std::uint32_t> idle;
    for (const auto& event : record_.trace) {
        if (event.kind != EventKind::send || event.node.is_client()) continue;
        if (!while_serving(event) && ++idle[event.name] > 5) background_.insert(event.name);
    }
}

/// What passed between the node that answered and its peers from the request to the answer.
bool Teller::while_serving(const history::Event& event) const {
    if (event.node.is_client() || event.peer.is_client()) return false;
    return std::any_of(served_.begin(), served_.end(), [&](const Served& served) {
        return (served.node == event.node || served.node == event.peer) &&
               event.at >= served.from && event.at <= served.to;
    });
}

/// The messages that led to what is wrong, backwards: to the breach that the run itself found,
/// else to what the check's moments say was published.
std::vector<std::uint64_t> Teller::chain_before_end() const {
    std::vector<std::uint64_t> chain;
    const auto follow = [&](const history::Event& begin, int most) {
        std::uint64_t key = begin.message != 0 ? begin.message : begin.cause;
        for (int i = 0; i < most; ++i) {
            const auto at = fates_.find(key);
            if (at == fates_.end() || at->second.sent == nullptr) break;
            chain.push_back(key);
            key = at->second.sent->cause;
        }
    };
    if (finding_.fatal < record_.history.size()) return chain;
    if (const auto* broken = breach(); broken != nullptr) {
        follow(origin_of(*broken), 8);
        if (!chain.empty()) return chain;
        // A timer or a file led there: what the node heard last is all that can be told.
        int heard = 0;
        for (const auto& event : std::views::reverse(record_.trace)) {
            if (event.at > broken->at || event.kind != EventKind::deliver) continue;
            if (event.node != origin_of(*broken).node || event.peer.is_client()) continue;
            follow(event, 2);
            if (++heard == 3) break;
        }
        return chain;
    }
    for (const auto& event : record_.trace) {
        if (event.kind != EventKind::publish) continue;
        for (const auto& moment : finding_.moments) {
            if (moment.at == event.at && moment.who == event.node) follow(event, 3);
        }
    }
    return chain;
}

/// A law over published values is found broken after the event that published the last one.
const history::Event& Teller::origin_of(const history::Event& violated) const {
    if (violated.message != 0 || violated.cause != 0) return violated;
    const history::Event* found = &violated;
    for (const auto& event : record_.trace) {
        if (event.at > violated.at) break;
        if (event.kind == EventKind::publish) found = &event;
    }
    return *found;
}

/// What the check named; the last of it is fatal where no operation is.
void Teller::tell_moments() {
    const bool shown_by_operation = finding_.fatal < record_.history.size();
    const auto* broken = shown_by_operation ? nullptr : breach();
    for (const auto& moment : finding_.moments) {
        if (broken != nullptr && moment.at == broken->at) continue;  // The row below says it.
        Step step{Step::Kind::note, moment.at, moment.who,   moment.who,
                  moment.text,      {},        Accent::plain};
        if (&moment == &finding_.moments.back() && broken == nullptr && !shown_by_operation) {
            step.accent = Accent::fatal;
            step.remark = finding_.expected.empty() ? "" : "expected " + finding_.expected;
        }
        offer(std::move(step), ~0ULL - 1, 0);
    }
    if (broken == nullptr) return;
    const auto where = origin_of(*broken).node;
    Step step{Step::Kind::note, broken->at, where, where, finding_.anomaly, {}, Accent::fatal};
    if (step.label.empty()) step.label = broken->text;
    if (!finding_.site.empty()) {
        step.remark = finding_.site;
        if (finding_.check == "properties" || finding_.check == "invariants") step.label = "broken";
    }
    offer(std::move(step), ~0ULL, 0);
}

/// Roles that change, nodes that end and begin.
void Teller::tell_nodes() {
    for (const auto& change : role_changes(record_, story_.leader_key)) {
        if (change.at < from_) {
            roles_[change.node] = change.role;
            continue;
        }
        if (!in_window(change.at) || told_by_moment(change)) continue;
        const bool led = !change.leads && leads_.contains(change.node);
        if (change.role.empty() && !led) continue;
        if (change.leads) leads_.insert(change.node);
        std::string what = change.role.empty() ? "steps down" : "becomes " + change.role;
        if (change.role == "leader") what = "elected";
        offer({Step::Kind::note,
               change.at,
               change.node,
               change.node,
               std::move(what),
               {},
               Accent::plain},
              0, change.at < begins_ ? 3 : 1);
    }
    for (const auto& event : record_.trace) {
        const bool down = event.kind == EventKind::down;
        if ((!down && event.kind != EventKind::up) || event.node.is_client()) continue;
        if (event.at < from_) {
            if (down) roles_[event.node] = "down";
            if (!down && roles_[event.node] == "down") roles_[event.node].clear();
            continue;
        }
        if (!in_window(event.at) || (!down && event.at.ns == 0)) continue;
        const auto* fault = fault_by_id(event.text, event.at);
        if (fault != nullptr) mentioned_.insert(fault->id);
        if (fault != nullptr && down) down_by_.insert(fault->id);
        Step step{down ? Step::Kind::down : Step::Kind::up,
                  event.at,
                  event.node,
                  event.node,
                  down ? "down" : "up again",
                  {},
                  Accent::plain};
        if (down) step.accent = Accent::fault;
        if (down) step.remark = fault != nullptr ? fault_text(*fault) : event.text;
        offer(std::move(step), event.sequence, 1);
    }
}

bool Teller::told_by_moment(const RoleChange& change) const {
    const auto* broken = breach();
    return std::ranges::any_of(finding_.moments, [&](const check::Moment& moment) {
        const bool shown = broken == nullptr || moment.at != broken->at;
        return shown && moment.who == change.node && moment.at == change.at;
    });
}

/// Faults in force of which no other row speaks.
void Teller::tell_faults() {
    for (const auto& each : offered_) {
        if (each.step.kind == Step::Kind::lost && each.weight < 3) {
            mentioned_.insert(fates_.at(each.message).dropped->text);
        }
    }
    for (const auto& fault : record_.faults) {
        if (!fault.occurred || fault.from > to_ || fault.to < from_) continue;
        if (mentioned_.contains(fault.id) || fault.nodes.empty()) continue;
        mentioned_.insert(fault.id);
        explained_.insert(fault_text(fault));
        const auto at = fault.nodes.front();
        Step step{
            Step::Kind::note, std::max(fault.from, from_), at, at, struck_text(fault, to_), {},
            Accent::fault};
        if (fault.what != core::name_of(at)) step.remark = fault.what;
        offer(std::move(step), 0, few_faults() ? 0 : 1);
    }
}

const history::FaultRecord* Teller::fault_by_id(const std::string& id, Instant at) const {
    const history::FaultRecord* found = nullptr;
    for (const auto& fault : record_.faults) {
        if (fault.id == id && (found == nullptr || fault.from <= at)) found = &fault;
    }
    return found;
}

std::string Teller::loss_text(const history::Event& drop) {
    if (drop.text == "network") return "lost by the network";
    if (drop.text == "checksum") return "damaged, so refused";
    if (drop.text == "down") return core::name_of(drop.node) + " is down";
    return drop.text;
}

void Teller::offer(Step step, const history::Event& event, std::uint32_t weight) {
    const auto at = fates_.find(event.message);
    if (at != fates_.end() && at->second.dropped != nullptr && at->second.arrivals == 0) {
        const auto& drop = *at->second.dropped;
        const auto* fault = fault_by_id(drop.text, drop.at);
        step.kind = Step::Kind::lost;
        step.accent = fault != nullptr ? Accent::fault : Accent::plain;
        step.remark = fault != nullptr ? fault_text(*fault) : loss_text(drop);
    } else if (at != fates_.end() && at->second.arrivals > 1) {
        step.remark = fmt::format("arrives {} times", at->second.arrivals);
    }
    offer(std::move(step), event.sequence, weight, event.message);
}

void Teller::offer(Step step, std::uint64_t sequence, std::uint32_t weight, std::uint64_t message) {
    if (message != 0 && step.kind != Step::Kind::note && !shown_.emplace(message, weight).second) {
        return;
    }
    if (step.kind == Step::Kind::lost && weight < 3) explained_.insert(step.remark);
    offered_.push_back({std::move(step), sequence, message, weight});
}

}  // namespace storm::report
