// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "slice_header.h"

#include <array>
#include <cstdint>

namespace daedalus::test::h264 {

/** TopFieldOrderCnt and BottomFieldOrderCnt; that of an absent field is zero. */
struct OrderCounts {
    int32_t top = 0;
    int32_t bottom = 0;
};

/**
 * Derives picture order counts (H.264 8.2.1), for all three types. Pictures are
 * handed in once each, in decoding order, field by field.
 */
class PictureOrderCounter {
  public:
    /** The order counts of the picture that @p slice begins. */
    OrderCounts next(const SliceHeader& slice, const Sps& sps);
    /** The order counts of a frame that a gap in frame_num leaves out (8.2.5.2). */
    OrderCounts next_missing(uint32_t frame_num, const Sps& sps);
    /** The picture just handed in held a marking operation 5: its frame counts from @p top on. */
    void memory_was_reset(bool bottom_field, int32_t top);

  private:
    OrderCounts coded_in_slice(const SliceHeader& slice, const Sps& sps);
    OrderCounts from_cycle(const SliceHeader& slice, const Sps& sps);
    OrderCounts from_frame_num(const SliceHeader& slice, const Sps& sps);
    void advance_frame_num(const SliceHeader& slice, const Sps& sps);

    int32_t previous_msb_ = 0;
    int32_t previous_lsb_ = 0;
    uint32_t previous_frame_num_ = 0;
    int64_t frame_num_offset_ = 0;
};

} // namespace daedalus::test::h264
