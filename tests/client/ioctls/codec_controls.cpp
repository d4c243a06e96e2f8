// SPDX-License-Identifier: BSD-2-Clause
#include "codec_controls.h"

#include <linux/videodev2.h>

namespace daedalus::client {

namespace {

template <typename Structure>
WildControl control(uint32_t id, Structure payload) {
    const auto bytes = bytes_of(payload);
    return {.id = id, .payload = {bytes.begin(), bytes.end()}};
}

std::vector<WildControl> h264_controls() {
    v4l2_ctrl_h264_sps sps{};
    sps.chroma_format_idc = 1;
    return {control(V4L2_CID_STATELESS_H264_SPS, sps),
            control(V4L2_CID_STATELESS_H264_PPS, v4l2_ctrl_h264_pps{}),
            control(V4L2_CID_STATELESS_H264_DECODE_PARAMS, v4l2_ctrl_h264_decode_params{})};
}

std::vector<WildControl> vp8_controls() {
    v4l2_ctrl_vp8_frame frame{};
    frame.num_dct_parts = 1;
    return {control(V4L2_CID_STATELESS_VP8_FRAME, frame)};
}

std::vector<WildControl> vp9_controls() {
    v4l2_ctrl_vp9_frame frame{};
    frame.bit_depth = 8;
    frame.flags =
        V4L2_VP9_FRAME_FLAG_KEY_FRAME | V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING | V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING;
    return {control(V4L2_CID_STATELESS_VP9_FRAME, frame)};
}

std::vector<WildControl> mpeg2_controls() {
    v4l2_ctrl_mpeg2_sequence sequence{};
    sequence.chroma_format = 1;
    v4l2_ctrl_mpeg2_picture picture{};
    picture.picture_coding_type = V4L2_MPEG2_PIC_CODING_TYPE_I;
    picture.picture_structure = V4L2_MPEG2_PIC_FRAME;
    return {control(V4L2_CID_STATELESS_MPEG2_SEQUENCE, sequence),
            control(V4L2_CID_STATELESS_MPEG2_PICTURE, picture)};
}

} // namespace

std::vector<WildControl> request_controls(uint32_t pixelformat) {
    switch (pixelformat) {
    case V4L2_PIX_FMT_H264_SLICE:
        return h264_controls();
    case V4L2_PIX_FMT_VP8_FRAME:
        return vp8_controls();
    case V4L2_PIX_FMT_VP9_FRAME:
        return vp9_controls();
    case V4L2_PIX_FMT_MPEG2_SLICE:
        return mpeg2_controls();
    default:
        return {};
    }
}

WildControl random_control(Random& random) {
    constexpr uint32_t others[] = {
        V4L2_CID_STATELESS_H264_DECODE_MODE,     V4L2_CID_STATELESS_H264_START_CODE,
        V4L2_CID_STATELESS_H264_SCALING_MATRIX,  V4L2_CID_MPEG_VIDEO_H264_PROFILE,
        V4L2_CID_MIN_BUFFERS_FOR_CAPTURE,
#ifdef V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY
        V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY,
#endif
    };
    constexpr uint32_t formats[] = {V4L2_PIX_FMT_H264_SLICE, V4L2_PIX_FMT_VP8_FRAME, V4L2_PIX_FMT_VP9_FRAME,
                                    V4L2_PIX_FMT_MPEG2_SLICE};
    if (random.percent(20)) {
        WildControl other{.id = random.mostly(random.pick(others)), .payload = {}};
        other.payload.resize(random.below(300) + 8);
        for (uint8_t& byte : other.payload)
            byte = static_cast<uint8_t>(random.bits());
        return other;
    }
    WildControl chosen = random.pick(request_controls(random.pick(formats)));
    random.spoil(chosen.payload, 60);
    if (random.percent(5))
        chosen.payload.resize(random.below(2048) + 1);
    return chosen;
}

} // namespace daedalus::client
