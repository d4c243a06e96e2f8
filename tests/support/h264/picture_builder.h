// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "decoded_picture_buffer.h"
#include "picture_order_count.h"
#include "stream.h"

#include <cstdint>
#include <vector>

namespace daedalus::test::h264 {

/** A slice with its bytes. */
struct CodedSlice {
    ActiveSlice active;
    NalUnit unit;
};

/** Makes requests of coded pictures, keeping the decoded picture buffer as a client does. */
class PictureBuilder {
  public:
    /** Adds the primary coded picture that consists of @p slices. */
    void add_picture(const std::vector<CodedSlice>& slices);

    Stream& stream() { return stream_; }

  private:
    bool completes_frame(const ActiveSlice& slice) const;
    void fill_gap(const ActiveSlice& slice);
    void begin_frame(const ActiveSlice& slice);
    void fill_references(Picture& picture, const ActiveSlice& slice) const;
    void fill_decode_params(Picture& picture, const std::vector<CodedSlice>& slices) const;
    OrderCounts reset_order(const ActiveSlice& slice);

    Stream stream_;
    DecodedPictureBuffer buffer_;
    PictureOrderCounter counter_;
    uint32_t previous_reference_frame_num_ = 0;
    uint32_t period_ = 0;
    OrderCounts order_; ///< of the current frame
    // the picture before, for the pairing of fields
    bool open_field_ = false;
    Fields open_parity_ = no_field;
    uint32_t open_frame_num_ = 0;
    bool open_is_reference_ = false;
};

} // namespace daedalus::test::h264
