// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "bit_reader.h"

#include <array>
#include <cstdint>
#include <linux/v4l2-controls.h>

namespace daedalus::test::h264 {

/**
 * The scaling lists of a parameter set in zig-zag order, as they are coded.
 * 8x8 lists: Intra Y, Inter Y, Intra Cb, Inter Cb, Intra Cr, Inter Cr.
 */
struct ScalingLists {
    std::array<std::array<uint8_t, 16>, 6> lists4x4;
    std::array<std::array<uint8_t, 64>, 6> lists8x8;

    bool operator==(const ScalingLists&) const = default;
};

/** Flat_4x4_16 and Flat_8x8_16: what applies when no parameter set has lists. */
ScalingLists flat_scaling_lists();

/**
 * Reads the scaling lists of an SPS or a PPS (H.264 7.3.2.1.1.1).
 *
 * @param count8x8 how many 8x8 lists are coded: 0, 2 or 6.
 * @param fallback what the first list of each kind falls back to: the default
 *        lists (rule A) when null, else the lists of the SPS (rule B).
 */
ScalingLists read_scaling_lists(BitReader& reader, unsigned count8x8, const ScalingLists* fallback);

/**
 * The lists in raster order, as V4L2 wants them. Of the 8x8 lists the first
 * @p count8x8 are filled and the rest is zero, as GStreamer does it.
 */
v4l2_ctrl_h264_scaling_matrix to_scaling_matrix(const ScalingLists& lists, unsigned count8x8);

} // namespace daedalus::test::h264
