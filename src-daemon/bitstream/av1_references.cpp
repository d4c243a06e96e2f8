// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_references.h"

#include <algorithm>

namespace daedalus::bitstream {
namespace {

/// get_relative_dist() (5.9.3)
int relative_distance(std::uint32_t a, std::uint32_t b, unsigned bits) {
    const int difference = static_cast<int>(a) - static_cast<int>(b);
    const int half = 1 << (bits - 1);
    return (difference & (half - 1)) - (difference & half);
}

} // namespace

void Av1References::update(const Av1Frame& frame, std::uint64_t timestamp,
                           const Av1GlobalMotion& global_motion) {
    for (std::size_t i = 0; i < slots_.size(); ++i)
        if ((frame.refresh >> i & 1) != 0)
            slots_[i] = {.filled = true,
                         .reloadable = frame.type == V4L2_AV1_KEY_FRAME && frame.showable,
                         .timestamp = timestamp,
                         .order_hint = frame.order_hint,
                         .global_motion = global_motion};
}

std::optional<unsigned> Av1References::slot_to_show(const Av1Frame& frame,
                                                    const v4l2_ctrl_av1_frame& control) const {
    const auto& wanted = control.reference_frame_ts;
    const bool restarts = frame.type == V4L2_AV1_KEY_FRAME && frame.shown;
    if (restarts || std::ranges::any_of(wanted, [&](auto timestamp) { return timestamp != wanted[0]; }))
        return std::nullopt;
    const auto holds_it = [&](const Av1ReferenceSlot& slot) {
        return slot.filled && slot.timestamp == wanted[0];
    };
    if (std::ranges::all_of(slots_, holds_it))
        return std::nullopt;
    const auto* const found = std::ranges::find_if(
        slots_, [&](const Av1ReferenceSlot& slot) { return holds_it(slot) && slot.reloadable; });
    if (found == slots_.end())
        return std::nullopt;
    return static_cast<unsigned>(found - slots_.begin());
}

void Av1References::show(unsigned slot) {
    Av1ReferenceSlot shown = slots_[slot];
    shown.reloadable = false;
    slots_.fill(shown);
}

std::uint8_t Av1References::stale(const Av1Frame& frame, const v4l2_ctrl_av1_frame& control) const {
    unsigned stale = 0;
    if (frame.intra)
        return 0;
    for (const std::int8_t index : control.ref_frame_idx) {
        const auto slot = static_cast<std::uint8_t>(index);
        if (!slots_[slot].filled || slots_[slot].timestamp != control.reference_frame_ts[slot])
            stale |= 1U << slot;
    }
    return static_cast<std::uint8_t>(stale);
}

bool Av1References::allow_skip_mode(const Av1Frame& frame, const v4l2_ctrl_av1_frame& control,
                                    unsigned order_hint_bits) const {
    if (frame.intra || order_hint_bits == 0 || (control.flags & V4L2_AV1_FRAME_FLAG_REFERENCE_SELECT) == 0)
        return false;
    // The nearest frame before this one, the next nearest before, and whether there is one after.
    std::optional<std::uint32_t> before;
    std::optional<std::uint32_t> second;
    bool after = false;
    for (const std::int8_t slot : control.ref_frame_idx) {
        const std::uint32_t hint = slots_[static_cast<std::uint8_t>(slot)].order_hint;
        const int distance = relative_distance(hint, frame.order_hint, order_hint_bits);
        after = after || distance > 0;
        if (distance < 0 && (!before || relative_distance(hint, *before, order_hint_bits) > 0))
            before = hint;
    }
    if (!before || after)
        return before && after;
    for (const std::int8_t slot : control.ref_frame_idx) {
        const std::uint32_t hint = slots_[static_cast<std::uint8_t>(slot)].order_hint;
        if (relative_distance(hint, *before, order_hint_bits) < 0)
            second = hint;
    }
    return second.has_value();
}

} // namespace daedalus::bitstream
