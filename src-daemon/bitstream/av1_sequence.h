// SPDX-License-Identifier: BSD-2-Clause
// The AV1 sequence header (5.5), written again from V4L2_CID_STATELESS_AV1_SEQUENCE.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include <linux/v4l2-controls.h>

#include "util/error.h"

namespace daedalus::bitstream {

/// What of the sequence control matters to the decoding of frames, checked and with inferred values filled
/// in.
struct Av1Sequence {
    std::uint8_t profile;
    std::uint8_t bit_depth; // 8, 10 or 12
    bool monochrome;
    bool subsampling_x;
    bool subsampling_y;
    bool full_range;
    bool superblocks_128;
    bool filter_intra;
    bool intra_edge_filter;
    bool interintra_compound;
    bool masked_compound;
    bool dual_filter;
    bool jnt_comp;
    unsigned order_hint_bits; // 0: no order hints

    bool operator==(const Av1Sequence&) const = default;
};

/// Error: ERANGE, a value that the sequence header can't carry.
[[nodiscard]] std::expected<Av1Sequence, util::Error>
make_av1_sequence(const v4l2_ctrl_av1_sequence& control);

/// sequence_header_obu() with its trailing bits, without an OBU header.
///
/// A decoder drops all reference frames when the sequence header changes, so this one says as little as it
/// can: tools that a frame header can switch off (super-resolution, CDEF, loop restoration, warped motion,
/// motion vectors of references, screen content tools, separate chroma quantisers, film grain) are always on,
/// the size is the largest there is, and there is one operating point without layers. Clients that know the
/// sequence only through its frames (VA-API) can so change those fields from one frame to the next.
[[nodiscard]] std::vector<std::uint8_t> write_av1_sequence_header(const Av1Sequence& sequence);

} // namespace daedalus::bitstream
