// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "support/av1/frame_header.h"

namespace daedalus::test::av1 {

/** The parts of parse_frame_header(), in the order and by the names of the specification's section 5.9. */
class FrameHeaderParser {
  public:
    FrameHeaderParser(BitReader& reader, const SequenceHeader& sequence, const Slots& slots, Layer layer)
        : reader_(reader), sequence_(sequence), slots_(slots), layer_(layer), frame_(header_.control) {}

    FrameHeader parse();

  private:
    bool has(uint32_t flag) const { return (frame_.flags & flag) != 0; }
    void set(uint32_t flag, bool value) {
        if (value)
            frame_.flags |= flag;
    }
    bool error_resilient() const { return has(V4L2_AV1_FRAME_FLAG_ERROR_RESILIENT_MODE); }
    bool order_hints_enabled() const { return sequence_.has(V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT); }
    int relative_distance(uint32_t a, uint32_t b) const;
    const SavedFrame& slot_of(unsigned reference) const { return slots_.at(frame_.ref_frame_idx[reference]); }
    uint32_t hint_of(unsigned reference) const { return slot_of(reference).header.control.order_hint; }
    /** The primary reference frame, or none. */
    const SavedFrame* primary() const;

    // frame_header.cpp
    void frame_kind();
    void buffer_removal_times();
    void frame_ids();
    void ref_order_hints();
    void intra_references();
    void inter_references();
    void explicit_references();
    void load_defaults();

    // frame_size.cpp
    void frame_size();
    void superres_params();
    void render_size();
    void frame_size_with_refs();

    // frame_references.cpp
    void set_frame_refs();
    void skip_mode_params();

    // tile_info.cpp
    void tile_info();

    // frame_quantization.cpp
    int8_t delta_q();
    void quantization_params();
    void segmentation_params();
    void delta_params();
    void lossless();

    // frame_filters.cpp
    void loop_filter_params();
    void cdef_params();
    void lr_params();

    // global_motion.cpp
    void global_motion_params();
    void global_param(uint32_t type, unsigned reference, unsigned parameter);
    int32_t signed_subexp_with_ref(int32_t low, int32_t high, int32_t reference);
    int32_t unsigned_subexp_with_ref(int32_t size, int32_t reference);
    int32_t subexp(int32_t size);

    // film_grain.cpp
    void film_grain_params();
    void film_grain_points();
    void film_grain_coefficients();

    BitReader& reader_;
    const SequenceHeader& sequence_;
    Slots slots_;
    Layer layer_;
    FrameHeader header_;
    v4l2_ctrl_av1_frame& frame_;
    bool coded_lossless_ = false;
    bool all_lossless_ = false;
};

} // namespace daedalus::test::av1
