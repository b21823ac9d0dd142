// sdk/expect.h - a scenario as one line of a user's own GoogleTest.
//
//     TEST(MyStore, SurvivesTheStorm) {
//         const auto verdict =
//             storm::expect("scenarios/my-store.yaml", {my_store()}, "./build/my-store");
//         EXPECT_TRUE(verdict) << verdict;
//     }
//
// The file alone is not enough: it names a system, and a system is a value that somebody hands
// over; none registers itself.
#pragma once
#include <iosfwd>
#include <string>
#include <vector>

#include "runner/bench.h"

namespace storm {

/// Whether a scenario ended as it expects to, and the verdict in words.
class Expectation {
public:
    Expectation(bool met, std::string text) : met_(met), text_(std::move(text)) {}
    explicit operator bool() const { return met_; }
    /// What happened; GoogleTest prints it when the expectation fails.
    [[nodiscard]] const std::string& text() const { return text_; }
    friend std::ostream& operator<<(std::ostream& out, const Expectation& e);

private:
    bool met_;
    std::string text_;
};

/// Runs the scenario's seeds and compares with its `expect`. A failure is made small; its run
/// directory lies below runs/. Reads files, forks workers.
[[nodiscard]] Expectation expect(const Bench& bench, const std::string& scenario);

/// The same on the standard bench with these systems. `program` is what the printed commands call:
/// a program that hands the same systems to run_command_line().
[[nodiscard]] Expectation expect(const std::string& scenario, std::vector<node::System> systems,
                                 const std::string& program);

}  // namespace storm
