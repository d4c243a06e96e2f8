// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/frame_header_parser.h"

#include <algorithm>

namespace daedalus::test::av1 {
namespace {

constexpr int32_t one = 1 << 16;

int32_t inverse_recenter(int32_t reference, int32_t value) {
    if (value > 2 * reference)
        return value;
    return (value & 1) != 0 ? reference - ((value + 1) >> 1) : reference + (value >> 1);
}

} // namespace

int32_t FrameHeaderParser::subexp(int32_t size) {
    int32_t done = 0;
    for (unsigned i = 0; reader_.ok(); ++i) {
        const unsigned bits = i > 0 ? 3 + i - 1 : 3;
        const int32_t step = 1 << bits;
        if (size <= done + 3 * step)
            return static_cast<int32_t>(reader_.non_symmetric(static_cast<uint32_t>(size - done))) + done;
        if (!reader_.flag())
            return static_cast<int32_t>(reader_.bits(bits)) + done;
        done += step;
    }
    return 0;
}

int32_t FrameHeaderParser::unsigned_subexp_with_ref(int32_t size, int32_t reference) {
    const int32_t value = subexp(size);
    if (2 * reference <= size)
        return inverse_recenter(reference, value);
    return size - 1 - inverse_recenter(size - 1 - reference, value);
}

int32_t FrameHeaderParser::signed_subexp_with_ref(int32_t low, int32_t high, int32_t reference) {
    return unsigned_subexp_with_ref(high - low, reference - low) + low;
}

void FrameHeaderParser::global_param(uint32_t type, unsigned reference, unsigned parameter) {
    unsigned bits = 12;
    unsigned precision = 15;
    if (parameter < 2) {
        const unsigned coarse = has(V4L2_AV1_FRAME_FLAG_ALLOW_HIGH_PRECISION_MV) ? 0 : 1;
        bits = type == V4L2_AV1_WARP_MODEL_TRANSLATION ? 9 - coarse : 12;
        precision = type == V4L2_AV1_WARP_MODEL_TRANSLATION ? 3 - coarse : 6;
    }
    const unsigned shift = 16 - precision;
    const bool diagonal = parameter % 3 == 2;
    const int32_t round = diagonal ? one : 0;
    const int32_t sub = diagonal ? 1 << precision : 0;
    const int32_t most = 1 << bits;
    int32_t previous = diagonal ? one : 0;
    if (const SavedFrame* saved = primary())
        previous = saved->header.control.global_motion.params[reference][parameter];
    frame_.global_motion.params[reference][parameter] =
        signed_subexp_with_ref(-most, most + 1, (previous >> shift) - sub) * (1 << shift) + round;
}

void FrameHeaderParser::global_motion_params() {
    v4l2_av1_global_motion& motion = frame_.global_motion;
    for (auto& params : motion.params)
        params[2] = params[5] = one;
    for (unsigned reference = V4L2_AV1_REF_LAST_FRAME;
         !header_.intra() && reference <= V4L2_AV1_REF_ALTREF_FRAME; ++reference) {
        auto& params = motion.params[reference];
        v4l2_av1_warp_model& type = motion.type[reference];
        if (!reader_.flag())
            continue;
        motion.flags[reference] |= V4L2_AV1_GLOBAL_MOTION_FLAG_IS_GLOBAL;
        if (reader_.flag()) {
            type = V4L2_AV1_WARP_MODEL_ROTZOOM;
            motion.flags[reference] |= V4L2_AV1_GLOBAL_MOTION_FLAG_IS_ROT_ZOOM;
        } else if (reader_.flag()) {
            type = V4L2_AV1_WARP_MODEL_TRANSLATION;
            motion.flags[reference] |= V4L2_AV1_GLOBAL_MOTION_FLAG_IS_TRANSLATION;
        } else {
            type = V4L2_AV1_WARP_MODEL_AFFINE;
        }
        if (type >= V4L2_AV1_WARP_MODEL_ROTZOOM) {
            global_param(type, reference, 2);
            global_param(type, reference, 3);
            if (type == V4L2_AV1_WARP_MODEL_AFFINE) {
                global_param(type, reference, 4);
                global_param(type, reference, 5);
            } else {
                params[4] = -params[3];
                params[5] = params[2];
            }
        }
        global_param(type, reference, 0);
        global_param(type, reference, 1);
    }
}

} // namespace daedalus::test::av1
