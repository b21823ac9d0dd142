// report/teller.h - reads a run once and offers rows of its diagram; smallest_trace() chooses.
//
// The rows are weighed by how much the story needs them: what the certificate names, then what
// its requests caused and what faults did to that, then what only surrounds it.
#pragma once
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "report/roles.h"
#include "report/trace.h"

namespace storm::report {

/// A row that may be drawn, and how much the story needs it.
struct Candidate {
    Step step;
    std::uint64_t sequence = 0;
    std::uint64_t message = 0;  // The message it shows, 0 if none.
    std::uint32_t weight = 0;   // 0 is needed most.
};

class Teller {
public:
    Teller(const Story& story, const check::Finding& finding)
        : story_(story), finding_(finding), record_(story.smallest.record) {}

    Trace tell(const TraceLimits& limits);

private:
    struct Fate {
        const history::Event* sent = nullptr;
        const history::Event* dropped = nullptr;
        const history::Event* arrived = nullptr;
        std::uint32_t arrivals = 0;
    };

    void index_messages();

    void choose_operations(std::size_t most);

    void set_window();

    [[nodiscard]] Instant lead_in() const;

    [[nodiscard]] bool in_window(Instant at) const { return at >= from_ && at <= to_; }

    [[nodiscard]] const history::Operation* promise() const;
    [[nodiscard]] bool answered_expected(const history::Operation& operation) const;
    [[nodiscard]] bool names_expected(const Value& args) const;

    void tell_operation(std::uint32_t index);

    void tell_answer(const history::Operation& operation, std::uint32_t index,
                     const history::Event* answer);

    void tell_messages();

    void find_background();

    [[nodiscard]] bool while_serving(const history::Event& event) const;

    [[nodiscard]] const history::Event* breach() const;
    [[nodiscard]] std::vector<std::uint64_t> chain_before_end() const;
    [[nodiscard]] const history::Event& origin_of(const history::Event& violated) const;
    [[nodiscard]] bool is_absent(core::Id id) const;
    [[nodiscard]] bool few_faults() const;

    void tell_moments();

    void tell_nodes();

    [[nodiscard]] bool told_by_moment(const RoleChange& change) const;

    void tell_faults();

    [[nodiscard]] const history::FaultRecord* fault_by_id(const std::string& id, Instant at) const;

    [[nodiscard]] static std::string loss_text(const history::Event& drop);
    void offer(Step step, const history::Event& event, std::uint32_t weight);
    void offer(Step step, std::uint64_t sequence, std::uint32_t weight, std::uint64_t message = 0);

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
    Instant from_{}, to_{};         // What may be shown ...
    Instant begins_{};              // ... and when the story itself begins, faults apart.
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

}  // namespace storm::report
