// SPDX-License-Identifier: BSD-2-Clause
// The little of H.264's slice headers that has to be known before decoding.
#pragma once

#include <cstddef>
#include <span>

namespace daedalus::decoder {

/// What the slices of an Annex B access unit are.
struct H264Slices {
    bool any = false;   ///< there is a coded slice at all (nal_unit_type 1 or 5)
    bool inter = false; ///< at least one is predicted from other pictures (P, B or SP)
};

/// Looks at first_mb_in_slice and slice_type of each slice (H.264 7.3.3), until one is inter.
[[nodiscard]] H264Slices scan_h264_slices(std::span<const std::byte> bitstream);

} // namespace daedalus::decoder
