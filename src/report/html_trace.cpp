// report/html_trace.cpp - the message diagram as SVG: a column per lane, a row per moment.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/lines.h"
#include "core/text.h"
#include "report/html_parts.h"

namespace storm::report {
namespace {

constexpr double row_height = 40;
constexpr double first_row = 62;
constexpr double first_lane = 130;
constexpr double remark_room = 230;
constexpr std::size_t remark_columns = 34;

std::string_view class_of(const Step& step) {
    if (step.kind == Step::Kind::skipped) return "skipped";
    switch (step.accent) {
        case Accent::plain:
            return "plain";
        case Accent::promise:
            return "promise";
        case Accent::fatal:
            return "fatal";
        case Accent::fault:
            return "fault";
    }
    return "plain";
}

class Diagram {
public:
    explicit Diagram(const Trace& trace)
        : trace_(trace), words_(in_words(trace)), clock_(clock_texts(trace)) {
        const auto gaps = static_cast<double>(trace.lanes.size() - 1);
        const double room = 1040 - first_lane - remark_room;
        pitch_ = gaps > 0 ? std::min(room / gaps, 250.0) : 250.0;
        width_ = std::max(first_lane + gaps * pitch_ + remark_room, 640.0);
        rows_end_ = first_row + row_height * static_cast<double>(trace.steps.size()) - 18;
        height_ =
            rows_end_ + 6 + 18 * static_cast<double>(std::min<std::size_t>(trace.bands.size(), 4));
    }

    std::string draw() {
        add("<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"group\" aria-label=\"Message diagram, {} "
            "rows, "
            "read from top to bottom\">\n",
            width_, height_ + 8, trace_.steps.size());
        bands();
        lanes();
        for (std::size_t i = 0; i < trace_.steps.size(); ++i) step(i);
        return out_ + "</svg>\n";
    }

private:
    template <class... T>
    void add(fmt::format_string<T...> form, T&&... values) {
        fmt::format_to(std::back_inserter(out_), form, std::forward<T>(values)...);
    }
    [[nodiscard]] double x_of(core::Id who) const {
        return first_lane + pitch_ * static_cast<double>(trace_.lane(who));
    }
    [[nodiscard]] static double y_of(std::size_t row) {
        return first_row + row_height * static_cast<double>(row);
    }
    /// Half a row above the first row that is not before `at`.
    [[nodiscard]] double y_at(Instant at) const {
        std::size_t row = 0;
        while (row < trace_.steps.size() && trace_.steps[row].at < at) ++row;
        return row == trace_.steps.size() ? rows_end_ : y_of(row) - 24;
    }
    [[nodiscard]] bool has_lane(core::Id who) const {
        return std::any_of(trace_.lanes.begin(), trace_.lanes.end(),
                           [&](const Lane& lane) { return lane.who == who; });
    }

    void bands() {
        std::size_t place = 0;
        for (const auto& band : trace_.bands) {
            if (place == 4) break;
            double left = width_;
            double right = 0;
            for (const auto node : band.nodes) {
                if (!has_lane(node)) continue;
                left = std::min(left, x_of(node));
                right = std::max(right, x_of(node));
            }
            if (right == 0) left = first_lane, right = x_of(trace_.lanes.back().who);
            const double inset = 26 - 5 * static_cast<double>(place);
            const double top = std::max(y_at(band.from), 32.0);
            const double bottom = rows_end_ + 18 * static_cast<double>(place + 1);
            const double end = y_at(band.to) < rows_end_ ? y_at(band.to) : bottom;
            add("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
                "class=\"band\"/>",
                left - inset, top, right - left + 2 * inset, std::max(end - top, 4.0));
            add("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"lab halo\">{}</text>\n", left - inset + 6,
                bottom - 5,
                escaped(fmt::format("{} · {} to {}", band.label, core::to_human(band.from),
                                    core::to_human(band.to))));
            ++place;
        }
    }

    void lanes() {
        for (const auto& lane : trace_.lanes) {
            const double x = x_of(lane.who);
            const std::string role = lane.role.empty() ? "" : " · " + lane.role;
            add("<text x=\"{:.1f}\" y=\"18\" text-anchor=\"middle\" class=\"who\">{}</text>", x,
                escaped(core::shortened(core::name_of(lane.who) + role, 26)));
            double from = 28;
            bool down = lane.role == "down";
            for (std::size_t i = 0; i < trace_.steps.size(); ++i) {
                const auto& step = trace_.steps[i];
                const bool ends = step.kind == Step::Kind::down && step.from == lane.who;
                const bool begins = step.kind == Step::Kind::up && step.from == lane.who;
                if (!ends && !begins) continue;
                life(x, from, y_of(i), down);
                from = y_of(i);
                down = ends;
            }
            life(x, from, rows_end_, down);
            out_ += '\n';
        }
    }
    void life(double x, double from, double to, bool down) {
        add("<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.1f}\" y2=\"{2:.1f}\" class=\"{3}\"/>", x,
            from, to, down ? "gone" : "life");
    }

    void step(std::size_t row) {
        const Step& step = trace_.steps[row];
        const double y = y_of(row);
        const std::string words = escaped(words_[row]);
        add("<g class=\"{}\" tabindex=\"0\" role=\"img\" aria-label=\"{}\"><title>{}</title>",
            class_of(step), words, words);
        if (step.kind != Step::Kind::skipped) {
            add("<text x=\"10\" y=\"{:.1f}\" class=\"tick\">{}</text>", y + 4,
                escaped(clock_[row]));
        }
        const bool arrow = (step.kind == Step::Kind::message || step.kind == Step::Kind::lost) &&
                           step.from != step.to;
        if (step.kind == Step::Kind::skipped) {
            add("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"halo\">… {}</text>", first_lane + 14,
                y + 4, escaped(step.label));
        } else if (arrow) {
            message(step, y);
        } else {
            note(step, y);
        }
        remark(step, y);
        out_ += "</g>\n";
    }

    void message(const Step& step, double y) {
        const double from = x_of(step.from);
        const double to = x_of(step.to);
        const double sign = to > from ? 1 : -1;
        const bool lost = step.kind == Step::Kind::lost;
        const double end = lost ? to - sign * 34 : to - sign * 10;
        add("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" class=\"msg\"/>", from,
            y, end, y);
        if (lost) {
            add("<path d=\"M{:.1f} {:.1f}l12 12m0-12l-12 12\" class=\"x\"/>", end - 6, y - 6);
        } else {
            add("<path d=\"M{:.1f} {:.1f}l{:.0f} -5v10z\" class=\"head\"/>", to - sign * 1, y,
                -sign * 11);
        }
        // Beside the sender, where no other lane crosses it, if it fits there.
        const std::string label = core::plain(step.label);
        const double wide = 6.4 * static_cast<double>(core::columns(label)) + 20;
        const bool beside = wide < pitch_ && std::abs(to - from) > pitch_ * 1.5;
        const double middle = beside ? from + sign * pitch_ / 2 : (from + end) / 2;
        const auto room = static_cast<std::size_t>(std::max(std::abs(to - from) / 6.4 - 3, 4.0));
        add("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"middle\" class=\"halo\">{}</text>",
            middle, y - 7, escaped(core::shortened(label, room)));
    }

    void note(const Step& step, double y) {
        const double x = x_of(step.from);
        if (step.kind == Step::Kind::down) {
            add("<path d=\"M{:.1f} {:.1f}l14 14m0-14l-14 14\" class=\"x\"/>", x - 7, y - 7);
        } else {
            add("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"6\" class=\"{}\"/>", x, y,
                step.kind == Step::Kind::up ? "again" : "note");
        }
        add("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"halo\">{}</text>", x + 14, y + 4,
            escaped(core::shortened(core::plain(step.label), 48)));
    }

    void remark(const Step& step, double y) {
        const bool said = step.kind == Step::Kind::lost && step.remark == last_lost_;
        if (step.kind == Step::Kind::lost) last_lost_ = step.remark;
        if (step.remark.empty() || said) return;
        const double x = x_of(trace_.lanes.back().who) + 34;
        auto lines = core::wrapped(core::plain(step.remark), remark_columns);
        if (lines.size() > 2) {
            lines.resize(2);
            lines[1] += " …";
        }
        double at = lines.size() == 1 ? y + 4 : y - 3;
        for (const auto& line : lines) {
            add("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"remark halo\">{}</text>", x, at,
                escaped(core::shortened(line, remark_columns + 2)));
            at += 15;
        }
    }

    const Trace& trace_;
    std::vector<std::string> words_, clock_;
    std::string out_, last_lost_;
    double pitch_, width_, height_, rows_end_;
};

}  // namespace

std::string trace_svg(const Trace& trace) { return Diagram(trace).draw(); }

}  // namespace storm::report
