// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/frame_header_parser.h"

#include <algorithm>

namespace daedalus::test::av1 {

void FrameHeaderParser::frame_size() {
    if (has(V4L2_AV1_FRAME_FLAG_FRAME_SIZE_OVERRIDE)) {
        frame_.upscaled_width = static_cast<uint32_t>(reader_.bits(sequence_.frame_width_bits)) + 1;
        frame_.frame_height_minus_1 = static_cast<uint32_t>(reader_.bits(sequence_.frame_height_bits));
    } else {
        frame_.upscaled_width = sequence_.control.max_frame_width_minus_1 + 1U;
        frame_.frame_height_minus_1 = sequence_.control.max_frame_height_minus_1;
    }
    superres_params();
}

void FrameHeaderParser::superres_params() {
    const bool used = sequence_.has(V4L2_AV1_SEQUENCE_FLAG_ENABLE_SUPERRES) && reader_.flag();
    set(V4L2_AV1_FRAME_FLAG_USE_SUPERRES, used);
    frame_.superres_denom = static_cast<uint8_t>(used ? reader_.bits(3) + 9 : 8);
    const uint32_t scaled = (frame_.upscaled_width * 8 + frame_.superres_denom / 2) / frame_.superres_denom;
    frame_.frame_width_minus_1 = std::max(scaled, std::min(16U, frame_.upscaled_width)) - 1;
}

void FrameHeaderParser::render_size() {
    const bool different = reader_.flag();
    frame_.render_width_minus_1 =
        static_cast<uint16_t>(different ? reader_.bits(16) : frame_.upscaled_width - 1);
    frame_.render_height_minus_1 =
        static_cast<uint16_t>(different ? reader_.bits(16) : frame_.frame_height_minus_1);
}

void FrameHeaderParser::frame_size_with_refs() {
    for (unsigned i = 0; i < V4L2_AV1_REFS_PER_FRAME; ++i) {
        if (!reader_.flag()) // found_ref
            continue;
        const v4l2_ctrl_av1_frame& reference = slot_of(i).header.control;
        frame_.upscaled_width = reference.upscaled_width;
        frame_.frame_height_minus_1 = reference.frame_height_minus_1;
        frame_.render_width_minus_1 = reference.render_width_minus_1;
        frame_.render_height_minus_1 = reference.render_height_minus_1;
        superres_params();
        return;
    }
    frame_size();
    render_size();
}

} // namespace daedalus::test::av1
