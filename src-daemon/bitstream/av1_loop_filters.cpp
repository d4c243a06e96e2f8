// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_loop_filters.h"

#include <algorithm>
#include <bit>

#include "bitstream/control_check.h"

namespace daedalus::bitstream {
namespace {

void write_level(BitWriter& writer, ControlCheck& check, std::uint8_t level) {
    check.in_range("loop filter level", level, 0, 63);
    writer.bits(level, 6);
}

void write_delta(BitWriter& writer, ControlCheck& check, const char* field, int delta) {
    check.in_range(field, delta, -64, 63);
    writer.flag(true); // update_ref_delta, update_mode_delta
    writer.su(delta, 7);
}

void write_loop_filter_params(BitWriter& writer, ControlCheck& check, const Av1Sequence& sequence,
                              const Av1Frame& frame, const v4l2_av1_loop_filter& filter) {
    if (frame.coded_lossless || frame.intrabc)
        return;
    write_level(writer, check, filter.level[0]);
    write_level(writer, check, filter.level[1]);
    if (!sequence.monochrome && (filter.level[0] != 0 || filter.level[1] != 0)) {
        write_level(writer, check, filter.level[2]);
        write_level(writer, check, filter.level[3]);
    }
    check.in_range("loop filter sharpness", filter.sharpness, 0, 7);
    writer.bits(filter.sharpness, 3);
    const bool deltas = (filter.flags & V4L2_AV1_LOOP_FILTER_FLAG_DELTA_ENABLED) != 0;
    writer.flag(deltas);
    if (!deltas)
        return;
    writer.flag(true); // loop_filter_delta_update
    for (const std::int8_t delta : filter.ref_deltas)
        write_delta(writer, check, "ref_deltas", delta);
    for (const std::int8_t delta : filter.mode_deltas)
        write_delta(writer, check, "mode_deltas", delta);
}

void write_cdef_strength(BitWriter& writer, ControlCheck& check, std::uint8_t primary,
                         std::uint8_t secondary) {
    check.in_range("CDEF primary strength", primary, 0, 15);
    check.in_range("CDEF secondary strength", secondary, 0, 4);
    writer.bits(primary, 4);
    writer.bits(std::min<std::uint8_t>(secondary, 3), 2); // 3 means 4, and some clients leave it at 3
}

void write_cdef_params(BitWriter& writer, ControlCheck& check, const Av1Sequence& sequence,
                       const Av1Frame& frame, const v4l2_av1_cdef& cdef) {
    if (frame.coded_lossless || frame.intrabc)
        return;
    check.in_range("damping_minus_3", cdef.damping_minus_3, 0, 3);
    check.in_range("cdef bits", cdef.bits, 0, 3);
    writer.bits(cdef.damping_minus_3, 2);
    writer.bits(cdef.bits, 2);
    const std::size_t strengths = std::size_t{1} << std::min<unsigned>(cdef.bits, 3);
    for (std::size_t i = 0; i < strengths; ++i) {
        write_cdef_strength(writer, check, cdef.y_pri_strength[i], cdef.y_sec_strength[i]);
        if (!sequence.monochrome)
            write_cdef_strength(writer, check, cdef.uv_pri_strength[i], cdef.uv_sec_strength[i]);
    }
}

/// lr_type, of which Remap_Lr_Type (6.10.15) makes FrameRestorationType
unsigned restoration_code(std::uint32_t type) {
    switch (type) {
    case V4L2_AV1_FRAME_RESTORE_SWITCHABLE:
        return 1;
    case V4L2_AV1_FRAME_RESTORE_WIENER:
        return 2;
    case V4L2_AV1_FRAME_RESTORE_SGRPROJ:
        return 3;
    default:
        return 0;
    }
}

/// 0, 1 or 2 for luma units of 64, 128 or 256 samples
unsigned restoration_shift(const v4l2_av1_loop_restoration& restoration) {
    const std::uint32_t size = restoration.loop_restoration_size[0];
    if (size >= 64 && size <= 256)
        return static_cast<unsigned>(std::bit_width(size)) - 7;
    return restoration.lr_unit_shift;
}

bool chroma_units_are_half(const v4l2_av1_loop_restoration& restoration) {
    const auto& size = restoration.loop_restoration_size;
    if (size[0] != 0 && size[1] != 0)
        return size[1] < size[0];
    return restoration.lr_uv_shift != 0;
}

void write_restoration_params(BitWriter& writer, ControlCheck& check, const Av1Sequence& sequence,
                              const Av1Frame& frame, const v4l2_av1_loop_restoration& restoration) {
    if (frame.all_lossless || frame.intrabc)
        return;
    const std::size_t planes = sequence.monochrome ? 1 : V4L2_AV1_NUM_PLANES_MAX;
    bool used = false;
    bool used_by_chroma = false;
    for (std::size_t plane = 0; plane < planes; ++plane) {
        const std::uint32_t type = control_value(restoration.frame_restoration_type[plane]);
        check.in_range("frame_restoration_type", type, V4L2_AV1_FRAME_RESTORE_NONE,
                       V4L2_AV1_FRAME_RESTORE_SWITCHABLE);
        writer.bits(restoration_code(type), 2);
        used = used || type != V4L2_AV1_FRAME_RESTORE_NONE;
        used_by_chroma = used_by_chroma || (plane > 0 && type != V4L2_AV1_FRAME_RESTORE_NONE);
    }
    if (!used)
        return;
    const unsigned shift = restoration_shift(restoration);
    if (sequence.superblocks_128) {
        check.in_range("lr_unit_shift with superblocks of 128", shift, 1, 2);
        writer.flag(shift == 2);
    } else {
        check.in_range("lr_unit_shift", shift, 0, 2);
        writer.flag(shift > 0);
        if (shift > 0)
            writer.flag(shift == 2); // lr_unit_extra_shift
    }
    if (used_by_chroma && sequence.subsampling_x && sequence.subsampling_y)
        writer.flag(chroma_units_are_half(restoration)); // lr_uv_shift
}

} // namespace

std::expected<void, util::Error> write_av1_loop_filters(BitWriter& writer, const Av1Sequence& sequence,
                                                        const Av1Frame& frame,
                                                        const v4l2_ctrl_av1_frame& control) {
    ControlCheck check("AV1");
    write_loop_filter_params(writer, check, sequence, frame, control.loop_filter);
    write_cdef_params(writer, check, sequence, frame, control.cdef);
    write_restoration_params(writer, check, sequence, frame, control.loop_restoration);
    return check.result();
}

} // namespace daedalus::bitstream
