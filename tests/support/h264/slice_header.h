// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "nal_unit.h"
#include "parameter_sets.h"

#include <array>
#include <cstdint>
#include <linux/v4l2-controls.h>
#include <optional>
#include <vector>

namespace daedalus::test::h264 {

/** One memory_management_control_operation (H.264 7.4.3.3); unused operands are zero. */
struct MarkingOperation {
    uint32_t operation = 0;
    uint32_t difference_of_pic_nums_minus1 = 0;
    uint32_t long_term_pic_num = 0;
    uint32_t long_term_frame_idx = 0;
    uint32_t max_long_term_frame_idx_plus1 = 0;
};

/** A slice header (H.264 7.3.3): what decoding order and V4L2 need of it. */
struct SliceHeader {
    NalType nal_type{};
    uint8_t nal_ref_idc = 0;
    uint32_t first_mb = 0;
    uint32_t type = 0; ///< 0 to 4: P, B, I, SP, SI
    uint32_t pps_id = 0;
    uint32_t colour_plane_id = 0;
    uint32_t frame_num = 0;
    bool field_pic = false;
    bool bottom_field = false;
    uint32_t idr_pic_id = 0;
    uint32_t pic_order_cnt_lsb = 0;
    int32_t delta_pic_order_cnt_bottom = 0;
    std::array<int32_t, 2> delta_pic_order_cnt{};
    uint32_t pic_order_cnt_bit_size = 0;
    uint32_t redundant_pic_cnt = 0;
    bool direct_spatial_mv_pred = false;
    uint32_t num_ref_idx_l0_active_minus1 = 0;
    uint32_t num_ref_idx_l1_active_minus1 = 0;
    bool has_pred_weights = false;
    v4l2_ctrl_h264_pred_weights pred_weights{};
    bool no_output_of_prior_pics = false;
    bool long_term_reference = false;
    bool adaptive_marking = false;
    std::vector<MarkingOperation> marking;
    uint32_t dec_ref_pic_marking_bit_size = 0;
    uint32_t cabac_init_idc = 0;
    int32_t slice_qp_delta = 0;
    bool sp_for_switch = false;
    int32_t slice_qs_delta = 0;
    uint32_t disable_deblocking_filter_idc = 0;
    int32_t slice_alpha_c0_offset_div2 = 0;
    int32_t slice_beta_offset_div2 = 0;
    uint32_t slice_group_change_cycle = 0;
    uint32_t header_bit_size = 0; ///< NAL header included, emulation prevention not

    bool is_idr() const { return nal_type == NalType::idr_slice; }
    bool is_reference() const { return nal_ref_idc != 0; }
    /** Whether a marking operation 5 empties the decoded picture buffer. */
    bool resets_memory() const;
};

/** A slice header and the parameter sets that it activates. */
struct ActiveSlice {
    SliceHeader header;
    Sps sps;
    Pps pps;
};

/** Reads the header of a slice NAL unit; nothing when it or its parameter sets are not valid. */
std::optional<ActiveSlice> parse_slice(const NalUnit& unit, const ParameterSets& sets);

/** Whether @p next begins another primary coded picture than @p previous (H.264 7.4.1.2.4). */
bool starts_new_picture(const ActiveSlice& previous, const ActiveSlice& next);

} // namespace daedalus::test::h264
