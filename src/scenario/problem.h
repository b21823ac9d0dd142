// scenario/problem.h - what is wrong with a file, where exactly, and what would be right.
//
// Readers never stop at the first error: they file problems here and go on with the best guess,
// so that a person sees all of them at once. A place is bytes of the file or of one --set from
// the command line; lines and columns are made from it only when something is wrong.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/lines.h"

namespace storm::scenario {

/// One thing wrong. Lines and columns count from 1; columns are characters.
struct Problem {
    int line = 0, column = 0;
    int width = 1;        // Columns to underline; 0: something is missing, nothing is underlined.
    std::string what;     // "unknown unit in \"40parsecs\""
    std::string help;     // "a duration is a number and ns, us, ms, s, m or h, as in 40ms"
    std::string setting;  // "network.delay=40parsecs" if it stands in a --set, not in the file.
    bool operator==(const Problem&) const = default;
};

/// Where something stands.
struct Place {
    std::uint32_t offset = 0;
    std::uint32_t length = 0;   // Bytes; 0: unknown.
    std::int32_t setting = -1;  // Index of the --set, or -1: the file.
};

class Problems {
public:
    static constexpr std::size_t most = 100;  // Further ones are counted, not kept.

    /// `text` and what `settings` holds must outlive this.
    Problems(std::string_view text, std::vector<std::string> settings)
        : text_(text), settings_(std::move(settings)) {}

    void add(const Place& place, std::string what, std::string help = {});
    /// Something is missing in what begins at `place`: nothing is underlined.
    void missing(const Place& place, std::string what, std::string help);

    [[nodiscard]] std::size_t count() const { return list_.size() + dropped_; }
    [[nodiscard]] bool any() const { return !list_.empty(); }
    /// "7:12", to speak of another place in a sentence.
    [[nodiscard]] std::string place_text(const Place& place) const;
    /// In order of place: the file first, then the settings.
    [[nodiscard]] std::vector<Problem> take();

private:
    void locate(const Place& place, Problem& problem) const;

    std::string_view text_;
    std::vector<std::string> settings_;
    std::vector<Problem> list_;
    std::vector<Place> places_;  // Beside list_.
    std::size_t dropped_ = 0;
};

/// "my.yaml:7:12: error: ..." with the source line and a marker, as compilers print it, and the
/// number of errors below. Of a long line as much is shown around the marker as the screen holds.
[[nodiscard]] std::string to_text(const std::vector<Problem>& problems, const std::string& path,
                                  std::string_view text, const core::Look& look = {});

}  // namespace storm::scenario
