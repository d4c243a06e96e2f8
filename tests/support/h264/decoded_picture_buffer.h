// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "picture_order_count.h"
#include "slice_header.h"

#include <cstdint>
#include <vector>

namespace daedalus::test::h264 {

/** Bits for the fields of a frame, with the values of V4L2_H264_*_REF. */
using Fields = uint8_t;
inline constexpr Fields no_field = 0;
inline constexpr Fields top_field = V4L2_H264_TOP_FIELD_REF;
inline constexpr Fields bottom_field = V4L2_H264_BOTTOM_FIELD_REF;
inline constexpr Fields both_fields = V4L2_H264_FRAME_REF;

/** The fields that a slice's picture consists of. */
Fields fields_of(const SliceHeader& slice);

/** A frame, a field pair or a single field that is marked as used for reference. */
struct ReferenceFrame {
    uint32_t frame = 0;        ///< index in Stream::frames; meaningless when non_existing
    bool non_existing = false; ///< stands for a frame_num that the stream left out
    bool coded_as_fields = false;
    Fields first_field = both_fields; ///< which was decoded first
    Fields decoded = no_field;
    Fields short_term = no_field;
    Fields long_term = no_field;
    uint32_t frame_num = 0;
    uint32_t long_term_frame_idx = 0;
    OrderCounts order{};

    bool is_reference() const { return (short_term | long_term) != no_field; }
};

/**
 * The reference pictures of a stream and how they are marked (H.264 8.2.5).
 *
 * Output order is none of its business: who needs that sorts by order count.
 */
class DecodedPictureBuffer {
  public:
    /** What is marked as used for reference now, in decoding order. */
    const std::vector<ReferenceFrame>& references() const { return references_; }

    /** FrameNumWrap of a short-term reference as the picture @p frame_num sees it (8-27). */
    static int32_t frame_num_wrap(const ReferenceFrame& entry, uint32_t frame_num, const Sps& sps);

    /** Every reference is unused from now on: an IDR picture begins. */
    void clear();
    /** Sliding-window marking, then a frame that the stream left out enters (8.2.5.2). */
    void insert_missing(uint32_t frame_num, OrderCounts order, const Sps& sps);
    /**
     * Marks after a reference picture has been decoded and enters it.
     *
     * @param frame which frame the picture belongs to
     * @param second_field whether its first field is already here
     */
    void insert(uint32_t frame, const ActiveSlice& slice, OrderCounts order, bool second_field);

  private:
    void slide_window(uint32_t frame_num, const Sps& sps, uint32_t current_frame);
    void apply(const MarkingOperation& operation, const ActiveSlice& slice, uint32_t frame);
    void mark_short_term_unused(const ActiveSlice& slice, uint32_t pic_num_difference);
    void mark_long_term_unused(const ActiveSlice& slice, uint32_t long_term_pic_num);
    void assign_long_term(const ActiveSlice& slice, const MarkingOperation& operation);
    void free_long_term_index(uint32_t index, const ReferenceFrame* except);
    void limit_long_term_indexes(uint32_t count);
    void forget_unused();
    ReferenceFrame* find_frame(uint32_t frame);
    /** The short-term picture of that PicNum, and which of its fields. */
    ReferenceFrame* find_short_term(const ActiveSlice& slice, int64_t pic_num, Fields& fields);

    std::vector<ReferenceFrame> references_;
};

} // namespace daedalus::test::h264
