#include "report/drawing.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "core/text.h"

namespace storm::report {
namespace {

using core::Look;
using core::Paint;

constexpr std::size_t gap_min = 9;
constexpr std::size_t gap_comfortable = 17;

/// One line of the screen, cell by cell; a wide character leaves its second cell empty.
class Row {
public:
    explicit Row(std::size_t width) : cells_(width) {}

    /// Writes from `column` on; returns the column after it. What lies beyond is cut.
    std::size_t write(std::size_t column, std::string_view text, Paint paint = Paint::none) {
        for (const auto& each : core::characters(text)) {
            const std::size_t wide = core::columns(each);
            if (wide == 0 && column > 0 && column <= cells_.size()) {
                cells_[column - 1].sign += each;
                continue;
            }
            if (column + wide > cells_.size()) break;
            cells_[column] = {each, paint};
            for (std::size_t i = 1; i < wide; ++i) cells_[column + i] = {"", paint};
            column += wide;
        }
        return column;
    }

    [[nodiscard]] std::string text(const Look& look) const {
        std::size_t end = cells_.size();
        while (end > 0 && cells_[end - 1].sign == " ") --end;
        std::string out;
        for (std::size_t i = 0; i < end;) {
            std::size_t next = i;
            std::string same;
            while (next < end && cells_[next].paint == cells_[i].paint) same += cells_[next++].sign;
            if (!look.unicode) same = core::to_ascii(same);
            out += core::painted(same, cells_[i].paint, look);
            i = next;
        }
        return out + "\n";
    }

private:
    struct Cell {
        std::string sign = " ";
        Paint paint = Paint::none;
    };
    std::vector<Cell> cells_;
};

Paint paint_of(Accent accent) {
    switch (accent) {
        case Accent::plain:
            return Paint::none;
        case Accent::promise:
            return Paint::warn;
        case Accent::fatal:
            return Paint::bad;
        case Accent::fault:
            return Paint::warn;
    }
    return Paint::none;
}

std::string sign_of(const Step& step) {
    if (step.accent == Accent::promise) return "◀ ";
    if (step.accent == Accent::fatal) return "✗ ";
    if (step.kind == Step::Kind::lost) return "✂ ";
    return "";
}

/// "✂ partition n1 | n2 n3": the family of a fault is left to the lines below the drawing.
std::string remark_of(const Step& step) {
    std::string remark = core::plain(step.remark);
    const auto dot = remark.find('.');
    const bool fault = step.kind == Step::Kind::lost || step.kind == Step::Kind::down;
    if (fault && dot != std::string::npos && dot < remark.find(' ')) remark.erase(0, dot + 1);
    return sign_of(step) + remark;
}

bool is_arrow(const Step& step) {
    return (step.kind == Step::Kind::message || step.kind == Step::Kind::lost) &&
           step.from != step.to;
}

class Drawing {
public:
    Drawing(const Trace& trace, const Look& look)
        : trace_(trace), look_(look), width_(std::max<std::size_t>(look.width, 40)) {
        place_lanes();
        down_.resize(trace.lanes.size());
        for (std::size_t i = 0; i < trace.lanes.size(); ++i) {
            down_[i] = trace.lanes[i].role == "down";
        }
    }

    std::string draw() {
        std::string out = heading();
        for (const auto& step : trace_.steps) out += line(step);
        return out;
    }

private:
    /// A label as it is drawn: tight, because columns are dear.
    [[nodiscard]] std::string label_of(const Step& step) const {
        std::string label = core::plain(step.label);
        if (const auto at = label.find(" = "); at != std::string::npos) label.replace(at, 3, "=");
        return look_.unicode ? label : core::to_ascii(label);
    }
    /// An ellipsis is one column in Unicode and two here.
    [[nodiscard]] std::string cut(const std::string& text, std::size_t room) const {
        if (look_.unicode || text.size() <= room) return core::shortened(text, room);
        return room < 3 ? "" : text.substr(0, room - 2) + "..";
    }
    /// Columns between two neighbours' lines, from what must be written there. Where notes make
    /// the drawing too wide for its remarks, notes run over the lines to their right instead.
    void place_lanes() {
        clock_ = clock_texts(trace_);
        for (const auto& each : clock_) times_ = std::max(times_, core::columns(each));
        const std::size_t count = trace_.lanes.size();
        const std::size_t begin = 2 + times_ + 2;
        const std::size_t last = count > 0 ? std::max(tail_of(count - 1), gap_min) : 0;
        const std::size_t end = begin + std::max(last, longest_remark());
        std::vector<std::size_t> gaps = gaps_for(true);
        if (end + sum(gaps) > width_) gaps = gaps_for(false);
        while (begin + last + sum(gaps) > width_) {
            const auto widest = std::max_element(gaps.begin(), gaps.end());
            if (widest == gaps.end() || *widest <= 5) break;
            --*widest;
        }
        while (end + sum(gaps) < width_) {
            const auto narrowest = std::min_element(gaps.begin(), gaps.end());
            if (narrowest == gaps.end() || *narrowest >= gap_comfortable) break;
            ++*narrowest;
        }
        std::size_t column = begin;
        for (std::size_t i = 0; i < count; ++i) {
            lanes_.push_back(column);
            if (i < gaps.size()) column += gaps[i];
        }
        remark_at_ = column + 3;
    }
    [[nodiscard]] static std::size_t sum(const std::vector<std::size_t>& gaps) {
        return std::accumulate(gaps.begin(), gaps.end(), std::size_t{0});
    }
    /// One gap less than there are lanes.
    [[nodiscard]] std::vector<std::size_t> gaps_for(bool notes) const {
        std::vector<std::size_t> gaps(trace_.lanes.size() - 1, gap_min);
        for (std::size_t i = 0; i < gaps.size(); ++i) {
            gaps[i] = std::max(gaps[i], core::columns(head_of(trace_.lanes[i])) + 1);
        }
        for (const bool wide : {false, true}) {
            for (const auto& step : trace_.steps) {
                if (is_arrow(step) || (notes && !wide)) widen(gaps, step, wide);
            }
        }
        return gaps;
    }
    void widen(std::vector<std::size_t>& gaps, const Step& step, bool wide) const {
        if (step.kind == Step::Kind::skipped) return;
        const std::size_t label = core::columns(label_of(step));
        if (!is_arrow(step)) {
            const std::size_t lane = trace_.lane(step.from);
            if (lane < gaps.size()) gaps[lane] = std::max(gaps[lane], label + 4);
            return;
        }
        const std::size_t low = std::min(trace_.lane(step.from), trace_.lane(step.to));
        const std::size_t high = std::max(trace_.lane(step.from), trace_.lane(step.to));
        const std::size_t need = label + (step.kind == Step::Kind::lost ? 8 : 6);
        std::size_t have = 0;
        for (std::size_t i = low; i < high; ++i) have += gaps[i];
        if (have >= need || (high - low > 1) != wide) return;
        gaps[low] += need - have;
    }
    /// What is written to the right of a lane's own line, at most.
    [[nodiscard]] std::size_t tail_of(std::size_t lane) const {
        std::size_t tail = core::columns(head_of(trace_.lanes[lane])) + 1;
        for (const auto& step : trace_.steps) {
            if (step.kind == Step::Kind::skipped || is_arrow(step)) continue;
            if (trace_.lane(step.from) == lane) {
                tail = std::max(tail, core::columns(label_of(step)) + 4);
            }
        }
        return tail;
    }
    [[nodiscard]] std::string remark(const Step& step) const {
        return look_.unicode ? remark_of(step) : core::to_ascii(remark_of(step));
    }
    [[nodiscard]] std::size_t longest_remark() const {
        std::size_t longest = 0;
        for (const auto& step : trace_.steps) {
            if (step.remark.empty()) continue;
            longest = std::max(longest, core::columns(remark(step)) + 3);
        }
        return longest;
    }
    [[nodiscard]] std::string head_of(const Lane& lane) const {
        const auto head =
            core::plain(core::name_of(lane.who) + (lane.role.empty() ? "" : " " + lane.role));
        return look_.unicode ? head : core::to_ascii(head);
    }

    [[nodiscard]] std::string heading() const {
        Row row(width_);
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            const std::size_t room =
                (i + 1 < lanes_.size() ? lanes_[i + 1] - lanes_[i] - 1 : width_ - lanes_[i]);
            row.write(lanes_[i], cut(head_of(trace_.lanes[i]), room), Paint::strong);
        }
        return row.text(look_);
    }

    void write_lanes(Row& row) const {
        for (std::size_t i = 0; i < lanes_.size(); ++i) {
            row.write(lanes_[i], down_[i] ? "┆" : "│", Paint::faint);
        }
    }

    std::string line(const Step& step) {
        Row row(width_);
        const std::size_t lane = trace_.lane(step.from);
        if (step.kind == Step::Kind::up) down_[lane] = false;
        write_lanes(row);
        std::size_t end = lanes_.back() + 1;
        if (step.kind == Step::Kind::skipped) {
            row.write(2 + times_ - (look_.unicode ? 1 : 3), look_.unicode ? "…" : "...",
                      Paint::faint);
            row.write(lanes_.front() + 2, " " + label_of(step) + " ", Paint::faint);
            return row.text(look_);
        }
        const auto place = static_cast<std::size_t>(&step - trace_.steps.data());
        row.write(2, core::padded_left(clock_[place], times_), Paint::faint);
        if (is_arrow(step)) {
            write_arrow(row, step);
        } else {
            const bool down = step.kind == Step::Kind::down;
            const auto next = row.write(lanes_[lane], down ? "✗ " : "├─ ", paint_of(step.accent));
            end = std::max(end, row.write(next, label_of(step) + " ", paint_of(step.accent)));
            if (down) down_[lane] = true;
        }
        return with_remark(row, step, end);
    }

    void write_arrow(Row& row, const Step& step) const {
        const std::size_t a = trace_.lane(step.from);
        const std::size_t b = trace_.lane(step.to);
        const bool right = a < b;
        const std::size_t low = lanes_[std::min(a, b)];
        const std::size_t high = lanes_[std::max(a, b)];
        const bool lost = step.kind == Step::Kind::lost;
        const Paint paint = paint_of(step.accent);
        // A lost message stops short of the line it never reached.
        const std::size_t first = lost && !right ? low + 2 : low + 1;
        const std::size_t last = lost && right ? high - 2 : high - 1;
        for (std::size_t at = first; at <= last; ++at) row.write(at, "─", paint);
        row.write(lanes_[a], right ? "├" : "┤", paint);
        const std::string head = lost ? "✂" : right ? "▶" : "◀";
        row.write(right ? last : first, head, lost ? Paint::bad : paint);
        const std::size_t room = last > first + 3 ? last - first - 3 : 0;
        const std::string label = cut(label_of(step), room);
        if (label.empty() || room == 0) return;
        const std::size_t wide = core::columns(label) + 2;
        // Long arrows that go back carry their label in the middle, others near the sender.
        const std::size_t start = right ? first + 1 : first + (last - first + 1 - wide) / 2 + 1;
        row.write(std::min(start, last - wide), " " + label + " ", paint);
    }

    /// Beside the drawing where there is room, else on a line below it.
    [[nodiscard]] std::string with_remark(Row& row, const Step& step, std::size_t end) {
        // One cut explains all it drops.
        const bool said = step.kind == Step::Kind::lost && step.remark == last_lost_;
        if (step.kind == Step::Kind::lost) last_lost_ = step.remark;
        if (step.remark.empty() || said) return row.text(look_);
        const std::string beside = remark(step);
        const std::size_t wide = core::columns(beside);
        const Paint paint = step.kind == Step::Kind::lost ? Paint::bad : paint_of(step.accent);
        const std::size_t at = std::max(remark_at_, end + 1);
        if (at + wide <= width_) {
            row.write(at, beside, paint);
            return row.text(look_);
        }
        Row below(width_);
        write_lanes(below);
        const std::size_t start = wide + 2 < width_ ? width_ - wide : 2;
        below.write(start > 0 ? start - 1 : 0, " " + cut(beside, width_ - 2), paint);
        return row.text(look_) + below.text(look_);
    }

    const Trace& trace_;
    const Look look_;
    std::size_t width_;
    std::size_t times_ = 0;
    std::size_t remark_at_ = 0;
    std::vector<std::string> clock_;
    std::string last_lost_;
    std::vector<std::size_t> lanes_;
    std::vector<bool> down_;
};

}  // namespace

std::string draw(const Trace& trace, const core::Look& look) {
    if (trace.empty() || trace.lanes.empty()) return {};
    return Drawing(trace, look).draw();
}

}  // namespace storm::report
