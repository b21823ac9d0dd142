// report/html_parts.h - what report.html is put together from; for html.cpp and its tests.
//
// Every function gives well-formed markup in which all text from outside went through
// escaped(). Coordinates have one decimal.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "report/story.h"
#include "report/trace.h"

namespace storm::report {

/// Text for HTML and attribute values: core::plain, then & < > " ' as entities.
[[nodiscard]] std::string escaped(std::string_view text);

/// The page with each cell of its tables named after its column, so that a narrow screen can show
/// the cells of a row below each other.
[[nodiscard]] std::string labelled(std::string_view page);

/// The style sheet, light and dark.
[[nodiscard]] std::string_view style_sheet();

/// The message diagram. Requires: the trace is not empty.
[[nodiscard]] std::string trace_svg(const Trace& trace);

/// A drawing and what must be said of it.
struct Plot {
    std::string svg;
    std::string note;  // How what is too dense was drawn; "" if everything stands as it is.
};
/// Latency of every operation over time, faults behind it, errors and nodes below it.
[[nodiscard]] Plot run_plot(const Story& story);

/// A lane per node below the plot, between columns `left` and `right`, from `top` on. Adds to
/// `height` what it needs.
struct LanePlace {
    double left = 0, right = 0, top = 0;
};
[[nodiscard]] std::string node_lanes(const Story& story, const LanePlace& place, double& height);

/// Tables, each with its heading; "" where there is nothing to say.
[[nodiscard]] std::string fault_section(const Story& story);
[[nodiscard]] std::string cause_section(const Story& story);
[[nodiscard]] std::string hypothesis_section(const Story& story);
[[nodiscard]] std::string change_section(const Story& story);
[[nodiscard]] std::string command_section(const Story& story);
[[nodiscard]] std::string environment_section(const Story& story);

}  // namespace storm::report
