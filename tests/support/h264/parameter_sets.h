// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "scaling_lists.h"

#include <cstdint>
#include <linux/v4l2-controls.h>
#include <optional>
#include <span>
#include <vector>

namespace daedalus::test::h264 {

/** A sequence parameter set: the V4L2 control and what the control has no place for. */
struct Sps {
    v4l2_ctrl_h264_sps control{};
    bool scaling_matrix_present = false;
    ScalingLists scaling_lists{};
    // frame_crop_*_offset, in crop units (H.264 7.4.2.1.1)
    uint32_t crop_left = 0;
    uint32_t crop_right = 0;
    uint32_t crop_top = 0;
    uint32_t crop_bottom = 0;

    bool frame_mbs_only() const { return (control.flags & V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY) != 0; }
    bool separate_planes() const { return (control.flags & V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE) != 0; }
    uint32_t max_frame_num() const { return 16U << control.log2_max_frame_num_minus4; }
    uint32_t max_pic_order_cnt_lsb() const { return 16U << control.log2_max_pic_order_cnt_lsb_minus4; }
    uint32_t chroma_array_type() const { return separate_planes() ? 0 : control.chroma_format_idc; }
    uint32_t coded_width() const { return (control.pic_width_in_mbs_minus1 + 1U) * 16; }
    uint32_t coded_height() const {
        return (control.pic_height_in_map_units_minus1 + 1U) * 16 * (frame_mbs_only() ? 1 : 2);
    }
};

/** The part of a frame that is meant to be seen, in luma samples. */
struct CropRectangle {
    uint32_t left = 0;
    uint32_t top = 0;
    uint32_t width = 0;
    uint32_t height = 0;

    bool operator==(const CropRectangle&) const = default;
};

/** The cropping rectangle of H.264 equations 7-19 to 7-22. */
CropRectangle crop_rectangle(const Sps& sps);

/** A picture parameter set. */
struct Pps {
    v4l2_ctrl_h264_pps control{};
    bool scaling_matrix_present = false; ///< in this PPS itself, not by its SPS
    ScalingLists scaling_lists{};        ///< what applies, fall-back rules done
    // slice groups (H.264 7.3.2.2); V4L2 can't say them, the slice header depends on them
    uint32_t slice_group_map_type = 0;
    uint32_t slice_group_change_rate = 0;

    bool bottom_field_pic_order() const {
        return (control.flags & V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT) != 0;
    }
};

/** Reads seq_parameter_set_data() up to the VUI; nothing when it is not valid. */
std::optional<Sps> parse_sps(std::span<const uint8_t> rbsp);

/** The id of the SPS that a PPS refers to, by which parse_pps() wants it. */
std::optional<uint8_t> pps_refers_to(std::span<const uint8_t> rbsp);

/** Reads pic_parameter_set_rbsp() against its SPS; nothing when it is not valid. */
std::optional<Pps> parse_pps(std::span<const uint8_t> rbsp, const Sps& sps);

/** Parameter sets by their id, as they are in force at a place in the stream. */
class ParameterSets {
  public:
    /** Takes in an SPS NAL unit's RBSP. False: it is not valid, nothing changed. */
    bool add_sps(std::span<const uint8_t> rbsp);
    /** Takes in a PPS; it is read when a slice activates it, with the SPS of that time. */
    bool add_pps(std::span<const uint8_t> rbsp);

    const Sps* sps(unsigned id) const;
    std::optional<Pps> pps(unsigned id) const;

  private:
    std::vector<std::optional<Sps>> sps_ = std::vector<std::optional<Sps>>(32);
    std::vector<std::vector<uint8_t>> pps_ = std::vector<std::vector<uint8_t>>(256);
};

} // namespace daedalus::test::h264
