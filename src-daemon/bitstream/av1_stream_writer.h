// SPDX-License-Identifier: BSD-2-Clause
// AV1 for a decoder that takes whole streams (dav1d), from the V4L2 controls and tiles of each request.
//
// Only where the kernel's headers have the AV1 controls (6.5 and later): test V4L2_CID_STATELESS_AV1_FRAME.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <vector>

#include <linux/v4l2-controls.h>

#include "bitstream/av1_references.h"
#include "bitstream/av1_sequence.h"
#include "util/error.h"

namespace daedalus::bitstream {

/// One request; refers to what the caller owns.
struct Av1Request {
    const v4l2_ctrl_av1_sequence& sequence;
    const v4l2_ctrl_av1_frame& frame;
    const v4l2_ctrl_av1_film_grain* film_grain; // null: the client never sent any
    std::span<const v4l2_ctrl_av1_tile_group_entry> tiles;
    std::span<const std::uint8_t> bitstream; // read at the offsets of `tiles` only
    std::uint64_t timestamp; // ns: what reference_frame_ts of later requests names the frame by
};

/// What to decode for a request, in the low-overhead format (5.2).
struct Av1TemporalUnit {
    /// To be decoded before `frame`, unless empty. The decoder returns one picture for it, a hidden key frame
    /// that it returned before: nobody waits for it.
    std::vector<std::uint8_t> reload;
    /// A temporal delimiter, the sequence header if it changed, and the frame, which gives one picture.
    std::vector<std::uint8_t> frame;
    /// Bit i: the frame refers to slot i, which does not hold the frame that the client means (one was lost,
    /// or dropped by the client, or never decoded). What the decoder makes of it is not what the stream says.
    std::uint8_t stale_slots;
};

/// Writes the frames of one decoder, which must see all of them, in order.
///
/// The decoder's reference slots are the client's: refresh_frame_flags and ref_frame_idx are passed on. It
/// must keep hidden frames and those of all layers.
class Av1StreamWriter {
  public:
    /// Errors: ERANGE, a control's value that no stream can hold; EBADMSG, tiles that are missing, empty or
    /// outside of the bitstream. Nothing is changed then.
    [[nodiscard]] std::expected<Av1TemporalUnit, util::Error> write(const Av1Request& request);

    /// Forgets all references and the sequence: after the decoder was flushed, or made anew.
    void reset();

  private:
    std::optional<Av1Sequence> sequence_;
    Av1References references_;
};

} // namespace daedalus::bitstream
