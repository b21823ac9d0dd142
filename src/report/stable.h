// report/stable.h - sorting that keeps equals in their order.
//
// libstdc++ 12's stable_sort calls a function that the same library calls deprecated, which
// our build takes for an error; sorting by (value, place) is the same law in a few lines.
#pragma once
#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace storm::report {

template <class T, class Less>
void sort_stably(std::vector<T>& items, Less less) {
    std::vector<std::pair<T, std::size_t>> placed;
    placed.reserve(items.size());
    for (auto& each : items) placed.emplace_back(std::move(each), placed.size());
    std::sort(placed.begin(), placed.end(), [&](const auto& a, const auto& b) {
        if (less(a.first, b.first)) return true;
        if (less(b.first, a.first)) return false;
        return a.second < b.second;
    });
    for (std::size_t i = 0; i < items.size(); ++i) items[i] = std::move(placed[i].first);
}

}  // namespace storm::report
