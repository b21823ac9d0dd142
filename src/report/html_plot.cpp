// report/html_plot.cpp - the whole run: faults as bands, latency on a logarithmic axis, errors.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>

#include "core/lines.h"
#include "core/text.h"
#include "report/html_parts.h"

namespace storm::report {
namespace {

constexpr double left = 70;
constexpr double right = 1020;
constexpr double plot_height = 170;
constexpr std::size_t dots_max = 4000;  // Beyond, operations are drawn as cells ...
constexpr double cell = 4;              // ... of so many pixels.
constexpr std::size_t crosses_max = 400;
constexpr std::size_t bands_max = 60;
constexpr std::size_t label_rows = 3;

bool answered(const history::Operation& operation) {
    return operation.outcome == history::Outcome::ok;
}

class Overview {
public:
    explicit Overview(const Story& story) : story_(story), run_(story.overview()) {
        const auto& record = run_.record;
        end_ = record.ended.ns;
        slowest_ = 0;
        fastest_ = INT64_MAX;
        for (const auto& operation : record.history) {
            end_ = std::max({end_, operation.invoked.ns, operation.completed.ns});
            if (!answered(operation)) continue;
            const std::int64_t took =
                std::max<std::int64_t>((operation.completed - operation.invoked).ns, 1);
            slowest_ = std::max(slowest_, took);
            fastest_ = std::min(fastest_, took);
        }
        if (slowest_ == 0) fastest_ = 1'000'000, slowest_ = 10'000'000;
        end_ = std::max<std::int64_t>(end_, 1);
        low_ = std::floor(std::log10(static_cast<double>(fastest_)));
        high_ = std::max(std::ceil(std::log10(static_cast<double>(slowest_)) + 0.02), low_ + 1);
    }

    Plot draw() {
        labels();
        top_ = 20 + 14 * static_cast<double>(rows_.size());
        bottom_ = top_ + plot_height;
        bands();
        grid();
        operations();
        errors();
        marks();
        fatal();
        const double lanes_top = bottom_ + 30 + errors_height_;
        double lanes_height = 0;
        body_ += node_lanes(story_, {left, right, lanes_top}, lanes_height);
        Plot plot;
        plot.svg = fmt::format(
            "<svg viewBox=\"0 0 1040 {:.0f}\" role=\"group\" aria-label=\"Latency of {} over {}, "
            "with faults, errors and a lane for each node\">\n{}</svg>\n",
            lanes_top + lanes_height + 6, core::counted(run_.record.history.size(), "operation"),
            escaped(core::to_human(Instant{end_})), body_);
        plot.note = note_;
        return plot;
    }

private:
    template <class... T>
    void add(fmt::format_string<T...> form, T&&... values) {
        fmt::format_to(std::back_inserter(body_), form, std::forward<T>(values)...);
    }
    [[nodiscard]] double x_of(Instant at) const {
        const double share = static_cast<double>(std::clamp<std::int64_t>(at.ns, 0, end_)) /
                             static_cast<double>(end_);
        return left + share * (right - left);
    }
    [[nodiscard]] double y_of(std::int64_t took_ns) const {
        const double level = std::log10(static_cast<double>(std::max<std::int64_t>(took_ns, 1)));
        return bottom_ - (level - low_) / (high_ - low_) * plot_height;
    }
    void say(const std::string& sentence) {
        if (!note_.empty()) note_ += ' ';
        note_ += sentence;
    }

    /// Finds room for the names of faults above the plot, first come first served.
    void labels() {
        std::size_t left_out = 0;
        std::map<std::string, double> said;
        for (const auto& fault : run_.record.faults) {
            if (!fault.occurred) continue;
            const std::string text = core::shortened(core::plain(fault_text(fault)), 40);
            const double wide = 6.1 * static_cast<double>(core::columns(text)) + 10;
            const double x = std::min(x_of(fault.from) + 4, right - wide);
            std::size_t row = 0;
            while (row < rows_.size() && rows_[row] > x) ++row;
            if (row == label_rows) {
                ++left_out;
                continue;
            }
            if (row == rows_.size()) rows_.push_back(0);
            rows_[row] = x + wide;
            add("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"lab\">{}</text>", x,
                13 + 14 * static_cast<double>(row), escaped(text));
        }
        if (left_out > 0) {
            say(fmt::format(
                "{} drawn without a name, for want of room.",
                left_out == 1 ? "One fault is" : core::counted(left_out, "fault") + " are"));
        }
        if (!body_.empty()) body_ += '\n';
    }

    void bands() {
        std::string merged;
        std::size_t drawn = 0;
        std::size_t together = 0;
        for (const auto& fault : run_.record.faults) {
            if (!fault.occurred) continue;
            const double x = x_of(fault.from);
            const double wide = std::max(x_of(fault.to) - x, 1.5);
            if (drawn++ < bands_max) {
                add("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" "
                    "class=\"band\"><title>{}</title></rect>\n",
                    x, top_, wide, plot_height,
                    escaped(fmt::format("{}, {} to {}", fault_text(fault),
                                        core::to_human(fault.from), core::to_human(fault.to))));
            } else if (together++ < 20'000) {
                fmt::format_to(std::back_inserter(merged), "M{:.0f} {:.0f}h{:.0f}", x, top_ - 3,
                               std::max(wide, 1.0));
            }
        }
        if (together > 0) {
            add("<path d=\"{}\" class=\"held\"/>\n", merged);
            say(fmt::format("Of {} the first {} are drawn as bands, the others as ticks above.",
                            core::counted(drawn, "fault"), bands_max));
        }
    }

    void grid() {
        if (run_.record.history.empty()) say("No client asked for anything.");
        for (double level = low_; level <= high_ + 0.01 && !run_.record.history.empty();
             level += 1) {
            const auto ns = static_cast<std::int64_t>(std::llround(std::pow(10.0, level)));
            const double y = y_of(ns);
            add("<line x1=\"{0:.0f}\" x2=\"{1:.0f}\" y1=\"{2:.1f}\" y2=\"{2:.1f}\" class=\"grid\"/>"
                "<text x=\"{3:.0f}\" y=\"{4:.1f}\" class=\"tick\" text-anchor=\"end\">{5}</text>\n",
                left, right, y, left - 8, y + 4, core::to_human(Duration{ns}));
        }
        const std::int64_t step = tick_step();
        for (std::int64_t at = 0; at <= end_; at += step) {
            add("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"tick\" text-anchor=\"middle\">{}</text>\n",
                x_of(Instant{at}), bottom_ + 16, at == 0 ? "0" : axis_text(at, step));
        }
    }

    /// 1, 2 or 5 times a power of ten: at most nine ticks.
    [[nodiscard]] std::int64_t tick_step() const {
        std::int64_t power = 1;
        while (end_ / power > 80) power *= 10;
        for (const std::int64_t factor : {1, 2, 5}) {
            if (end_ / (power * factor) <= 8) return power * factor;
        }
        return power * 10;
    }

    /// All ticks in one unit: the largest that the whole axis reaches.
    [[nodiscard]] std::string axis_text(std::int64_t at, std::int64_t step) const {
        struct Unit {
            std::int64_t ns;
            std::string_view name;
        };
        constexpr std::array<Unit, 4> units{
            {{1'000'000'000, "s"}, {1'000'000, "ms"}, {1'000, "µs"}, {1, "ns"}}};
        const auto* unit = std::find_if(units.begin(), units.end() - 1,
                                        [&](const Unit& each) { return end_ >= each.ns; });
        int digits = 0;
        for (std::int64_t part = unit->ns; step % part != 0; part /= 10) ++digits;
        return fmt::format("{:.{}f} {}", static_cast<double>(at) / static_cast<double>(unit->ns),
                           digits, unit->name);
    }

    void operations() {
        std::size_t ok = 0;
        for (const auto& operation : run_.record.history) ok += answered(operation) ? 1 : 0;
        if (ok <= dots_max) {
            body_ += "<path class=\"dots\" d=\"";
            for (const auto& operation : run_.record.history) {
                if (!answered(operation)) continue;
                add("M{:.1f} {:.1f}h0", x_of(operation.invoked),
                    y_of((operation.completed - operation.invoked).ns));
            }
            body_ += "\"/>\n";
        } else {
            cells(ok);
        }
        crosses();
    }

    /// Counts per cell, in five shades by powers of the largest count.
    void cells(std::size_t ok) {
        constexpr auto across = static_cast<std::size_t>((right - left) / cell) + 1;
        constexpr auto down = static_cast<std::size_t>(plot_height / cell) + 2;
        std::vector<std::uint32_t> counts(across * down);
        std::uint32_t most = 1;
        for (const auto& operation : run_.record.history) {
            if (!answered(operation)) continue;
            const auto column = static_cast<std::size_t>((x_of(operation.invoked) - left) / cell);
            const double above =
                std::max(y_of((operation.completed - operation.invoked).ns) - top_, 0.0);
            const auto row = std::min(static_cast<std::size_t>(above / cell), down - 1);
            most = std::max(most, ++counts[row * across + std::min(column, across - 1)]);
        }
        const double shades = std::log(static_cast<double>(most) + 1);
        std::array<std::string, 5> paths;
        for (std::size_t row = 0; row < down; ++row) {
            for (std::size_t column = 0; column < across; ++column) {
                const auto count = counts[row * across + column];
                if (count == 0) continue;
                const double share = std::log(static_cast<double>(count) + 1) / shades;
                const auto shade = std::min<std::size_t>(static_cast<std::size_t>(share * 5), 4);
                fmt::format_to(std::back_inserter(paths[shade]), "M{:.0f} {:.0f}h4",
                               left + cell * static_cast<double>(column),
                               top_ + cell * static_cast<double>(row) + cell / 2);
            }
        }
        for (std::size_t i = 0; i < paths.size(); ++i) {
            if (paths[i].empty()) continue;
            add("<path class=\"cell\" opacity=\"0.{}\" d=\"{}\"/>\n", 2 * i + 1, paths[i]);
        }
        const Duration width{
            static_cast<std::int64_t>(static_cast<double>(end_) * cell / (right - left))};
        say(
            fmt::format("{} answers are too many for dots: each cell of {} holds up to {}, and "
                        "darker is more.",
                        core::with_commas(ok), short_time(width), core::with_commas(most)));
    }

    /// What never came back, on the upper edge; what was refused, on the lower.
    void crosses() {
        std::map<std::int64_t, std::uint64_t> lost, refused;
        std::uint64_t all = 0;
        for (const auto& operation : run_.record.history) {
            if (answered(operation)) continue;
            ++all;
            const auto x = static_cast<std::int64_t>(x_of(operation.invoked) / 2) * 2;
            ++(operation.outcome == history::Outcome::fail ? refused : lost)[x];
        }
        if (all == 0) return;
        std::string up, low;
        for (const auto& [x, n] : lost) {
            fmt::format_to(std::back_inserter(up), "M{} {:.0f}l6 6m0-6l-6 6", x - 3, top_ - 3);
        }
        for (const auto& [x, n] : refused) {
            fmt::format_to(std::back_inserter(low), "M{} {:.0f}h6m-3-3v6", x - 3, bottom_ - 5);
        }
        if (!up.empty()) add("<path class=\"info\" d=\"{}\"/>\n", up);
        if (!low.empty()) add("<path class=\"fail\" d=\"{}\"/>\n", low);
        if (all > lost.size() + refused.size() && all > crosses_max) {
            say(fmt::format("{} requests failed; marks that fall together are drawn once.",
                            core::with_commas(all)));
        }
    }

    /// Share of requests without success, in strips of ten pixels.
    void errors() {
        constexpr std::size_t strips = 95;
        std::array<std::uint64_t, strips> all{}, bad{};
        std::uint64_t total = 0;
        for (const auto& operation : run_.record.history) {
            const auto strip = std::min(
                static_cast<std::size_t>((x_of(operation.invoked) - left) / 10), strips - 1);
            ++all[strip];
            if (answered(operation)) continue;
            ++bad[strip];
            ++total;
        }
        if (total == 0) return;
        errors_height_ = 36;
        const double base = bottom_ + 54;
        add("<text x=\"{:.0f}\" y=\"{:.0f}\" class=\"tick\" text-anchor=\"end\">errors</text>"
            "<line x1=\"{:.0f}\" x2=\"{:.0f}\" y1=\"{:.1f}\" y2=\"{:.1f}\" class=\"grid\"/>\n",
            left - 8, base - 2, left, right, base, base);
        for (std::size_t i = 0; i < strips; ++i) {
            if (bad[i] == 0) continue;
            const double share = static_cast<double>(bad[i]) / static_cast<double>(all[i]);
            const double height = std::max(24 * share, 1.5);
            add("<rect x=\"{:.0f}\" y=\"{:.1f}\" width=\"9\" height=\"{:.1f}\" class=\"errs\">"
                "<title>{} of {} without success</title></rect>",
                left + 10 * static_cast<double>(i), base - height, height,
                core::with_commas(bad[i]), core::with_commas(all[i]));
        }
        body_ += '\n';
    }

    void mark(Instant at, std::string_view what) {
        const double x = x_of(at);
        const bool late = x > right - 110;
        add("<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.0f}\" y2=\"{2:.0f}\" class=\"mark\"/>"
            "<text x=\"{3:.1f}\" y=\"{4:.0f}\" class=\"marktext halo\" "
            "text-anchor=\"{5}\">{6}</text>\n",
            x, top_, bottom_, late ? x - 4 : x + 4, top_ + 12 + 14 * static_cast<double>(marks_++),
            late ? "end" : "start", escaped(fmt::format("{} {}", what, core::to_human(at))));
    }
    void marks() {
        const auto& record = run_.record;
        if (record.healed.ns > 0 && record.healed < record.ended) mark(record.healed, "healed");
        if (story_.state_key.empty()) return;
        std::map<core::Id, Value> state;
        bool same = false;
        Instant since{};
        for (const auto& each : record.published) {
            if (each.key != story_.state_key) continue;
            state[each.node] = each.value;
            const bool now = std::all_of(state.begin(), state.end(), [&](const auto& one) {
                return one.second == state.begin()->second;
            });
            if (now && !same) since = each.at;
            same = now;
        }
        if (same && since > record.healed && state.size() > 1) mark(since, "converged");
    }

    void fatal() {
        for (const auto& finding : run_.findings) {
            if (finding.verdict != check::Verdict::violated) continue;
            Instant at{};
            double y = top_ + 14;
            if (finding.fatal < run_.record.history.size()) {
                const auto& operation = run_.record.history[finding.fatal];
                at = operation.completed;
                if (answered(operation)) y = y_of((operation.completed - operation.invoked).ns);
            } else if (!finding.moments.empty()) {
                at = finding.moments.back().at;
            } else if (!run_.record.breaches.empty()) {
                at = run_.record.breaches.front().at;
            } else {
                continue;
            }
            const double x = x_of(at);
            const bool late = x > right - 220;
            add("<line x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"{1:.0f}\" y2=\"{2:.0f}\" "
                "class=\"badline\"/><path d=\"M{0:.1f} {3:.1f}l6 10h-12z\" class=\"bad\"/>"
                "<text x=\"{4:.1f}\" y=\"{5:.0f}\" class=\"badtext halo\" text-anchor=\"{6}\">{7}"
                "</text>\n",
                x, top_, bottom_, std::min(y, bottom_ - 10) - 5, late ? x - 8 : x + 8, top_ + 40,
                late ? "end" : "start",
                escaped(core::shortened(
                            core::plain(finding.anomaly.empty() ? finding.check : finding.anomaly),
                            40) +
                        ", " + core::to_human(at)));
            return;
        }
    }

    const Story& story_;
    const Run& run_;
    std::int64_t end_ = 1, slowest_ = 0, fastest_ = 0;
    double low_ = 0, high_ = 1, top_ = 20, bottom_ = 190, errors_height_ = 0;
    int marks_ = 0;
    std::vector<double> rows_;
    std::string body_, note_;
};

}  // namespace

Plot run_plot(const Story& story) { return Overview(story).draw(); }

}  // namespace storm::report
