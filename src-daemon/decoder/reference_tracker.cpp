// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/reference_tracker.h"

#include <algorithm>
#include <ranges>

namespace daedalus::decoder {

bool ReferenceTracker::complete(std::span<const std::uint64_t> timestamps) const {
    return std::ranges::all_of(timestamps, [this](std::uint64_t timestamp) {
        auto newest_first = std::views::reverse(pictures_);
        const auto found = std::ranges::find(newest_first, timestamp, &Entry::timestamp);
        return found != newest_first.end() && found->sound;
    });
}

void ReferenceTracker::record(std::uint64_t buffer, std::uint64_t timestamp, bool sound) {
    forget(buffer);
    pictures_.push_back({buffer, timestamp, sound});
}

void ReferenceTracker::forget(std::uint64_t buffer) {
    if (buffer == 0)
        clear();
    else
        std::erase_if(pictures_, [buffer](const Entry& entry) { return entry.buffer == buffer; });
}

} // namespace daedalus::decoder
