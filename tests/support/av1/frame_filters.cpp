// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/frame_header_parser.h"

namespace daedalus::test::av1 {

void FrameHeaderParser::loop_filter_params() {
    v4l2_av1_loop_filter& filter = frame_.loop_filter;
    if (coded_lossless_ || has(V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC)) {
        constexpr std::array<int8_t, V4L2_AV1_TOTAL_REFS_PER_FRAME> deltas = {1, 0, 0, 0, -1, 0, -1, -1};
        for (unsigned i = 0; i < deltas.size(); ++i)
            filter.ref_deltas[i] = deltas[i];
        filter.mode_deltas[0] = filter.mode_deltas[1] = 0;
        return;
    }
    filter.level[0] = static_cast<uint8_t>(reader_.bits(6));
    filter.level[1] = static_cast<uint8_t>(reader_.bits(6));
    if (!sequence_.monochrome() && (filter.level[0] != 0 || filter.level[1] != 0)) {
        filter.level[2] = static_cast<uint8_t>(reader_.bits(6));
        filter.level[3] = static_cast<uint8_t>(reader_.bits(6));
    }
    filter.sharpness = static_cast<uint8_t>(reader_.bits(3));
    if (!reader_.flag()) // loop_filter_delta_enabled
        return;
    filter.flags |= V4L2_AV1_LOOP_FILTER_FLAG_DELTA_ENABLED;
    if (!reader_.flag()) // loop_filter_delta_update
        return;
    filter.flags |= V4L2_AV1_LOOP_FILTER_FLAG_DELTA_UPDATE;
    for (int8_t& delta : filter.ref_deltas)
        if (reader_.flag())
            delta = static_cast<int8_t>(reader_.signed_bits(7));
    for (int8_t& delta : filter.mode_deltas)
        if (reader_.flag())
            delta = static_cast<int8_t>(reader_.signed_bits(7));
}

void FrameHeaderParser::cdef_params() {
    if (coded_lossless_ || has(V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC) ||
        !sequence_.has(V4L2_AV1_SEQUENCE_FLAG_ENABLE_CDEF))
        return;
    v4l2_av1_cdef& cdef = frame_.cdef;
    cdef.damping_minus_3 = static_cast<uint8_t>(reader_.bits(2));
    cdef.bits = static_cast<uint8_t>(reader_.bits(2));
    const auto secondary = [&] {
        const auto strength = static_cast<uint8_t>(reader_.bits(2));
        return static_cast<uint8_t>(strength == 3 ? 4 : strength);
    };
    for (unsigned i = 0; i < 1U << cdef.bits; ++i) {
        cdef.y_pri_strength[i] = static_cast<uint8_t>(reader_.bits(4));
        cdef.y_sec_strength[i] = secondary();
        if (!sequence_.monochrome()) {
            cdef.uv_pri_strength[i] = static_cast<uint8_t>(reader_.bits(4));
            cdef.uv_sec_strength[i] = secondary();
        }
    }
}

void FrameHeaderParser::lr_params() {
    if (all_lossless_ || has(V4L2_AV1_FRAME_FLAG_ALLOW_INTRABC) ||
        !sequence_.has(V4L2_AV1_SEQUENCE_FLAG_ENABLE_RESTORATION))
        return;
    constexpr std::array types = {V4L2_AV1_FRAME_RESTORE_NONE, V4L2_AV1_FRAME_RESTORE_SWITCHABLE,
                                  V4L2_AV1_FRAME_RESTORE_WIENER, V4L2_AV1_FRAME_RESTORE_SGRPROJ};
    v4l2_av1_loop_restoration& restoration = frame_.loop_restoration;
    for (unsigned plane = 0; plane < (sequence_.monochrome() ? 1 : 3); ++plane) {
        restoration.frame_restoration_type[plane] = types.at(reader_.bits(2));
        if (restoration.frame_restoration_type[plane] == V4L2_AV1_FRAME_RESTORE_NONE)
            continue;
        restoration.flags |= V4L2_AV1_LOOP_RESTORATION_FLAG_USES_LR;
        if (plane > 0)
            restoration.flags |= V4L2_AV1_LOOP_RESTORATION_FLAG_USES_CHROMA_LR;
    }
    if (restoration.flags == 0)
        return;
    restoration.lr_unit_shift = static_cast<uint8_t>(reader_.bits(1));
    if (sequence_.has(V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK))
        ++restoration.lr_unit_shift;
    else if (restoration.lr_unit_shift > 0)
        restoration.lr_unit_shift = static_cast<uint8_t>(restoration.lr_unit_shift + reader_.bits(1));
    if ((restoration.flags & V4L2_AV1_LOOP_RESTORATION_FLAG_USES_CHROMA_LR) != 0 &&
        sequence_.has(V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X) &&
        sequence_.has(V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y))
        restoration.lr_uv_shift = static_cast<uint8_t>(reader_.bits(1));
    restoration.loop_restoration_size[0] = 64U << restoration.lr_unit_shift;
    restoration.loop_restoration_size[1] = restoration.loop_restoration_size[2] =
        restoration.loop_restoration_size[0] >> restoration.lr_uv_shift;
}

} // namespace daedalus::test::av1
