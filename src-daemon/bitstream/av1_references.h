// SPDX-License-Identifier: BSD-2-Clause
// What an AV1 decoder remembers in its eight reference slots, as far as frame headers depend on it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include <linux/v4l2-controls.h>

#include "bitstream/av1_frame.h"
#include "bitstream/av1_global_motion.h"

namespace daedalus::bitstream {

struct Av1ReferenceSlot {
    bool filled;
    bool reloadable; // a hidden key frame that may yet be shown
    std::uint64_t timestamp;
    std::uint32_t order_hint;
    Av1GlobalMotion global_motion;
};

class Av1References {
  public:
    [[nodiscard]] const Av1ReferenceSlot& operator[](std::size_t slot) const { return slots_[slot]; }

    /// The reference frame update process (7.20) for a decoded frame.
    void update(const Av1Frame& frame, std::uint64_t timestamp, const Av1GlobalMotion& global_motion);

    /// A client that shows a hidden key frame sends no request for that, though it puts the frame into all
    /// slots (7.21). The next frame's reference_frame_ts shows it: this finds the slot that must be shown
    /// first, if any.
    [[nodiscard]] std::optional<unsigned> slot_to_show(const Av1Frame& frame,
                                                       const v4l2_ctrl_av1_frame& control) const;

    /// The reference frame loading process (7.21): a shown key frame takes all slots.
    void show(unsigned slot);

    /// Bit i: an inter frame refers to slot i, which does not hold the frame that the client means.
    [[nodiscard]] std::uint8_t stale(const Av1Frame& frame, const v4l2_ctrl_av1_frame& control) const;

    /// skipModeAllowed (5.9.22). ref_frame_idx must have been checked.
    [[nodiscard]] bool allow_skip_mode(const Av1Frame& frame, const v4l2_ctrl_av1_frame& control,
                                       unsigned order_hint_bits) const;

  private:
    std::array<Av1ReferenceSlot, V4L2_AV1_TOTAL_REFS_PER_FRAME> slots_{};
};

} // namespace daedalus::bitstream
