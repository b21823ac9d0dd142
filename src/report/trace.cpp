#include "report/trace.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "core/dice.h"
#include "core/text.h"
#include "report/roles.h"
#include "report/stable.h"

namespace storm::report {
namespace {

using history::EventKind;

/// "AppendEntries" → "append entries".
std::string message_text(const std::string& name) {
    std::string text;
    bool was_lower = false;
    for (const char c : name) {
        const bool upper = c >= 'A' && c <= 'Z';
        if (upper && was_lower) text += ' ';
        text += upper ? static_cast<char>(c - 'A' + 'a') : c == '_' ? ' ' : c;
        was_lower = !upper;
    }
    return text.empty() ? "message" : text;
}

/// Of rows that only surround the story: weight 3, once weights leave room for repetitions.
constexpr std::uint32_t filler_weight = 12;

/// A row that may be drawn, and how much the story needs it.
struct Candidate {
    Step step;
    std::uint64_t sequence = 0;
    std::uint64_t message = 0;  // The message it shows, 0 if none.
    std::uint32_t weight = 0;   // 0 is needed most.
};

/// Reads the events once and offers rows.
class Teller {
public:
    Teller(const Story& story, const check::Finding& finding)
        : story_(story), finding_(finding), record_(story.smallest.record) {}

    Trace tell(const TraceLimits& limits) {
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

private:
    struct Fate {
        const history::Event* sent = nullptr;
        const history::Event* dropped = nullptr;
        const history::Event* arrived = nullptr;
        std::uint32_t arrivals = 0;
    };

    void index_messages() {
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
    void choose_operations(std::size_t most) {
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
    void set_window() {
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
        for (const auto& event : record_.trace) {
            if (event.kind != EventKind::violated) continue;
            from_ = std::min(from_, event.at);
            to_ = std::max(to_, event.at);
        }
        if (finding_.operations.empty()) from_ = std::min(from_, lead_in());
        if (from_ > to_) from_ = Instant{}, to_ = record_.ended;
    }

    /// Without operations the story begins with the last faults before its end.
    [[nodiscard]] Instant lead_in() const {
        Instant begin = to_;
        for (const auto& fault : record_.faults) {
            if (fault.occurred && fault.from <= to_) begin = std::min(begin, fault.from);
        }
        return begin;
    }

    [[nodiscard]] bool in_window(Instant at) const { return at >= from_ && at <= to_; }

    /// The last of the certificate that was told, before the fatal one began, what it denies.
    [[nodiscard]] const history::Operation* promise() const {
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
    [[nodiscard]] bool answered_expected(const history::Operation& operation) const {
        return !operation.result.is_nil() && core::to_human(operation.result) == finding_.expected;
    }
    [[nodiscard]] bool names_expected(const Value& args) const {
        if (const auto* list = args.list()) {
            return !list->empty() && core::to_human(list->back()) == finding_.expected;
        }
        return !args.is_nil() && core::to_human(args) == finding_.expected;
    }

    void tell_operation(std::uint32_t index) {
        const auto& operation = record_.history[index];
        const bool ended = operation.outcome == history::Outcome::ok ||
                           operation.outcome == history::Outcome::fail;
        const Instant last = ended ? operation.completed : to_;
        const history::Event* answer = nullptr;
        const history::Event* first = nullptr;
        for (const auto& event : record_.trace) {
            if (event.at < operation.invoked || event.at > last) continue;
            if (event.kind == EventKind::send && event.node == operation.client) {
                // Asking again, or asking another node, is the same request.
                const bool same = first == nullptr || event.name == first->name;
                offer(
                    {Step::Kind::message,
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
        tell_answer(operation, index, answer);
    }

    void tell_answer(const history::Operation& operation, std::uint32_t index,
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
            step.remark = names_expected(operation.args) ? "the broken promise" : "already seen";
        }
        offer(std::move(step), sequence, 0, message);
    }

    /// What the requests caused, and what faults dropped meanwhile.
    void tell_messages() {
        find_background();
        std::set<std::uint64_t> caused;
        std::set<core::Id> clients;
        for (const auto index : told_) clients.insert(record_.history[index].client);
        for (const auto& each : offered_) {
            if (each.message != 0) caused.insert(each.message);
        }
        for (const auto message : chain_before_end()) caused.insert(message);
        for (const auto& event : record_.trace) {
            if (event.kind != EventKind::send || event.message == 0 || !in_window(event.at))
                continue;
            const bool followed = caused.contains(event.cause) || caused.contains(event.message);
            const bool belongs = followed || while_serving(event);
            if (followed || (belongs && !background_.contains(event.name))) {
                caused.insert(event.message);
                caused.insert(core::combine(event.message, 1));  // What a second copy caused.
            }
            if (event.node.is_client() || answers_.contains(event.message)) continue;
            const Fate& fate = fates_.at(event.message);
            const bool by_fault = fate.dropped != nullptr &&
                                  fault_by_id(fate.dropped->text, fate.dropped->at) != nullptr;
            if (!belongs && !by_fault) continue;
            const bool to_client = event.peer.is_client();
            if (to_client && !clients.contains(event.peer)) continue;
            const bool near =
                belongs && !to_client && (followed || !background_.contains(event.name));
            const std::uint32_t weight = belongs && by_fault ? 1 : near ? 2 : 3;
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
    void find_background() {
        std::map<std::string, std::uint32_t> idle;
        for (const auto& event : record_.trace) {
            if (event.kind != EventKind::send || event.node.is_client()) continue;
            if (!while_serving(event) && ++idle[event.name] > 5) background_.insert(event.name);
        }
    }

    /// What passed between the node that answered and its peers from the request to the answer.
    [[nodiscard]] bool while_serving(const history::Event& event) const {
        if (event.node.is_client() || event.peer.is_client()) return false;
        return std::any_of(served_.begin(), served_.end(), [&](const Served& served) {
            return (served.node == event.node || served.node == event.peer) &&
                   event.at >= served.from && event.at <= served.to;
        });
    }

    /// The messages that led to what the run itself found wrong, backwards.
    [[nodiscard]] std::vector<std::uint64_t> chain_before_end() const {
        std::vector<std::uint64_t> chain;
        for (const auto& event : record_.trace) {
            if (event.kind != EventKind::violated) continue;
            const auto& begin = origin_of(event);
            std::uint64_t key = begin.message != 0 ? begin.message : begin.cause;
            for (int i = 0; i < 8; ++i) {
                const auto at = fates_.find(key);
                if (at == fates_.end() || at->second.sent == nullptr) break;
                chain.push_back(key);
                key = at->second.sent->cause;
            }
        }
        return chain;
    }

    /// A law over published values is found broken after the event that published the last one.
    [[nodiscard]] const history::Event& origin_of(const history::Event& violated) const {
        if (violated.message != 0 || violated.cause != 0) return violated;
        const history::Event* found = &violated;
        for (const auto& event : record_.trace) {
            if (event.at > violated.at) break;
            if (event.kind == EventKind::publish) found = &event;
        }
        return *found;
    }

    void tell_moments() {
        for (const auto& moment : finding_.moments) {
            offer({Step::Kind::note,
                   moment.at,
                   moment.who,
                   moment.who,
                   moment.text,
                   {},
                   Accent::plain},
                  0, 0);
        }
        const bool shown_by_operation = finding_.fatal < record_.history.size();
        for (const auto& event : record_.trace) {
            if (event.kind != EventKind::violated || shown_by_operation) continue;
            const std::string what = finding_.anomaly.empty() ? event.text : finding_.anomaly;
            const auto where = origin_of(event).node;
            offer({Step::Kind::note, event.at, where, where, what, {}, Accent::fatal}, ~0ULL, 0);
            return;
        }
    }

    /// Roles that change, nodes that end and begin.
    void tell_nodes() {
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
                  0, 1);
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

    [[nodiscard]] bool told_by_moment(const RoleChange& change) const {
        return std::any_of(finding_.moments.begin(), finding_.moments.end(),
                           [&](const check::Moment& moment) {
                               return moment.who == change.node && moment.at == change.at;
                           });
    }

    /// Faults in force of which no other row speaks.
    void tell_faults() {
        for (const auto& each : offered_) {
            if (each.step.kind == Step::Kind::lost)
                mentioned_.insert(fates_.at(each.message).dropped->text);
        }
        for (const auto& fault : record_.faults) {
            if (!fault.occurred || fault.from > to_ || fault.to < from_) continue;
            if (mentioned_.contains(fault.id) || fault.nodes.empty()) continue;
            mentioned_.insert(fault.id);
            offer({Step::Kind::note, std::max(fault.from, from_), fault.nodes.front(),
                   fault.nodes.front(), fault.use, fault.what, Accent::fault},
                  0, 1);
        }
    }

    [[nodiscard]] const history::FaultRecord* fault_by_id(const std::string& id, Instant at) const {
        const history::FaultRecord* found = nullptr;
        for (const auto& fault : record_.faults) {
            if (fault.id == id && (found == nullptr || fault.from <= at)) found = &fault;
        }
        return found;
    }

    [[nodiscard]] static std::string loss_text(const history::Event& drop) {
        if (drop.text == "network") return "lost by the network";
        if (drop.text == "checksum") return "damaged, so refused";
        if (drop.text == "down") return core::name_of(drop.node) + " is down";
        return drop.text;
    }
    void offer(Step step, const history::Event& event, std::uint32_t weight) {
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
    void offer(Step step, std::uint64_t sequence, std::uint32_t weight, std::uint64_t message = 0) {
        if (message != 0 && step.kind != Step::Kind::note &&
            !shown_.emplace(message, weight).second) {
            return;
        }
        if (step.kind == Step::Kind::lost && weight < 3) explained_.insert(step.remark);
        offered_.push_back({std::move(step), sequence, message, weight});
    }

    Trace choose(const TraceLimits& limits);
    void choose_lanes(Trace& trace, std::vector<Candidate>& rows, const TraceLimits& limits) const;
    void count_skipped(Trace& trace, const std::vector<Candidate>& rows) const;
    void add_bands(Trace& trace) const;

    const Story& story_;
    const check::Finding& finding_;
    const history::RunRecord& record_;
    struct Served {
        core::Id node;
        Instant from{}, to{};
    };
    std::set<std::uint32_t> told_;  // Operations of the certificate that get rows.
    Instant from_{}, to_{};
    std::vector<Served> served_;
    std::set<std::string> background_;
    std::map<std::uint64_t, Fate> fates_;
    std::map<std::uint64_t, std::uint32_t> shown_;
    std::set<std::uint64_t> answers_;
    std::map<core::Id, std::string> roles_;
    std::set<core::Id> leads_;
    std::set<std::string> mentioned_;
    std::set<std::string> down_by_;
    std::set<std::string> explained_;  // Remarks of losses that belong to the story itself.
    std::vector<Candidate> offered_;
};

/// Rows are taken by weight; among equals what was not yet said comes first, then the earlier.
Trace Teller::choose(const TraceLimits& limits) {
    sort_stably(offered_, [](const Candidate& a, const Candidate& b) {
        return std::tie(a.step.at, a.sequence) < std::tie(b.step.at, b.sequence);
    });
    using Said = std::tuple<Step::Kind, core::Id, core::Id, std::string>;
    std::map<Said, std::uint32_t> said;
    std::vector<Candidate> rows;
    for (auto& each : offered_) {
        const auto again = said[{each.step.kind, each.step.from, each.step.to, each.step.label}]++;
        // What repeats itself, or repeats what a nearer row says of a fault, is not needed.
        const bool elsewhere = each.weight == 3 && each.step.kind == Step::Kind::lost &&
                               explained_.contains(each.step.remark);
        if (each.weight > 0 && (again > 1 || elsewhere || (each.weight > 2 && again > 0))) continue;
        if (each.weight != 0) each.weight = each.weight * 4 + again;
        rows.push_back(each);
    }
    sort_stably(rows, [](const Candidate& a, const Candidate& b) { return a.weight < b.weight; });
    Trace trace;
    trace.operations = finding_.operations.size();
    trace.operations_shown = told_.size();
    choose_lanes(trace, rows, limits);
    sort_stably(rows, [](const Candidate& a, const Candidate& b) {
        return std::tie(a.step.at, a.sequence) < std::tie(b.step.at, b.sequence);
    });
    for (const auto& row : rows) {
        trace.steps.push_back(row.step);
        if (row.message != 0) ++trace.messages_shown;
    }
    if (!trace.steps.empty()) {
        count_skipped(trace, rows);
        add_bands(trace);
    }
    return trace;
}

/// Keeps the rows for which there is room and whose nodes have a lane.
void Teller::choose_lanes(Trace& trace, std::vector<Candidate>& rows,
                          const TraceLimits& limits) const {
    std::set<core::Id> lanes;
    const auto room_for = [&](core::Id a, core::Id b) {
        std::set<core::Id> more = lanes;
        more.insert(a);
        more.insert(b);
        if (more.size() > limits.lanes) return false;
        lanes = std::move(more);
        return true;
    };
    std::vector<Candidate> kept;
    for (auto& row : rows) {
        // What only surrounds the story does not fill the page.
        const bool filler = row.weight >= filler_weight && kept.size() >= limits.rows_with_filler;
        if (kept.size() >= limits.rows || filler) break;
        if (room_for(row.step.from, row.step.to)) kept.push_back(std::move(row));
    }
    rows = std::move(kept);
    const auto& plan = story_.smallest.plan;
    for (std::uint32_t i = 0; i < plan.nodes && lanes.size() < limits.lanes; ++i) {
        const auto node = core::Id::node(i);
        const bool absent =
            std::find(plan.absent.begin(), plan.absent.end(), node) != plan.absent.end();
        if (!absent && plan.nodes <= limits.lanes) lanes.insert(node);
    }
    for (const bool clients : {true, false}) {
        for (const auto who : lanes) {
            if (who.is_client() != clients) continue;
            const auto role = roles_.find(who);
            trace.lanes.push_back({who, role != roles_.end() ? role->second : ""});
        }
    }
}

/// Counts what is not drawn; the three widest gaps get a row that says so.
void Teller::count_skipped(Trace& trace, const std::vector<Candidate>& rows) const {
    struct Gap {
        std::size_t before = 0;
        std::uint64_t messages = 0;
        std::map<std::string, std::uint64_t> names;
    };
    std::set<std::uint64_t> drawn;
    for (const auto& row : rows) drawn.insert(row.message);
    std::vector<Gap> gaps(trace.steps.size());
    for (const auto& event : record_.trace) {
        if (event.kind != EventKind::send) continue;
        if (event.at < trace.steps.front().at || event.at > trace.steps.back().at) continue;
        ++trace.messages;
        if (drawn.contains(event.message)) continue;
        std::size_t before = 1;
        while (before + 1 < trace.steps.size() && trace.steps[before].at < event.at) ++before;
        if (before >= gaps.size()) continue;
        gaps[before].before = before;
        ++gaps[before].messages;
        ++gaps[before].names[message_text(event.name)];
    }
    sort_stably(gaps, [](const Gap& a, const Gap& b) { return a.messages > b.messages; });
    if (gaps.size() > 3) gaps.resize(3);
    std::erase_if(gaps, [](const Gap& gap) { return gap.messages < 3; });
    sort_stably(gaps, [](const Gap& a, const Gap& b) { return a.before > b.before; });
    for (const auto& gap : gaps) {
        std::vector<std::pair<std::uint64_t, std::string>> names;
        for (const auto& [name, count] : gap.names) names.emplace_back(count, name);
        sort_stably(names, [](const auto& a, const auto& b) { return a.first > b.first; });
        std::string what = fmt::format("{} more messages", core::with_commas(gap.messages));
        if (names.size() == 1) {
            what = fmt::format("{} × {}", core::with_commas(gap.messages), names[0].second);
        } else if (!names.empty()) {
            what +=
                fmt::format(", {} of them {}", core::with_commas(names[0].first), names[0].second);
        }
        const auto& lane = trace.lanes.front().who;
        trace.steps.insert(trace.steps.begin() + static_cast<std::ptrdiff_t>(gap.before),
                           Step{Step::Kind::skipped,
                                trace.steps[gap.before - 1].at,
                                lane,
                                lane,
                                std::move(what),
                                {},
                                Accent::plain});
    }
}

void Teller::add_bands(Trace& trace) const {
    for (const auto& fault : record_.faults) {
        // Where a row says that a node is down, its lane shows for how long.
        if (down_by_.contains(fault.id)) continue;
        if (!fault.occurred || fault.from > to_ || fault.to < from_ || fault.to == fault.from)
            continue;
        trace.bands.push_back({fault_text(fault), fault.from, fault.to, fault.nodes});
    }
}

}  // namespace

Trace smallest_trace(const Story& story, const TraceLimits& limits) {
    const auto* finding = story.finding();
    if (finding == nullptr || story.smallest.record.trace.empty()) return {};
    return Teller(story, *finding).tell(limits);
}

}  // namespace storm::report
