// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/reference_tracker.h"

#include <algorithm>
#include <ranges>

namespace daedalus::decoder {

unsigned ReferenceTracker::doubt(std::span<const std::uint64_t> timestamps) const {
    unsigned most = 0;
    for (const std::uint64_t timestamp : timestamps) {
        auto newest_first = std::views::reverse(pictures_);
        const auto found = std::ranges::find(newest_first, timestamp, &Entry::timestamp);
        if (found == newest_first.end())
            return full_doubt;
        most = std::max(most, found->doubt);
    }
    return most > 0 ? most - 1 : 0;
}

void ReferenceTracker::record(std::uint64_t buffer, std::uint64_t timestamp, unsigned doubt) {
    forget(buffer);
    pictures_.push_back({buffer, timestamp, doubt});
}

void ReferenceTracker::settle(std::uint64_t buffer, std::uint64_t timestamp, std::optional<unsigned> doubt,
                              std::span<const std::uint64_t> retired) {
    if (doubt)
        record(buffer, timestamp, *doubt);
    else
        forget(buffer);
    for (const std::uint64_t freed : retired)
        forget(freed);
}

void ReferenceTracker::forget(std::uint64_t buffer) {
    if (buffer == 0)
        clear();
    else
        std::erase_if(pictures_, [buffer](const Entry& entry) { return entry.buffer == buffer; });
}

} // namespace daedalus::decoder
