// SPDX-License-Identifier: BSD-2-Clause
#include "replay/picture_kind.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

namespace daedalus::replay {
namespace {

template <typename T>
PictureKind kind(daedalus_codec codec, std::uint32_t id, const T& control) {
    bridge::ControlSet controls;
    controls.add({id, 1, std::as_bytes(std::span(&control, 1))});
    return picture_kind(codec, controls);
}

TEST(PictureKind, OfH264) {
    const auto of = [](std::uint32_t flags, std::uint16_t nal_ref_idc) {
        v4l2_ctrl_h264_decode_params picture = {};
        picture.flags = flags;
        picture.nal_ref_idc = nal_ref_idc;
        return kind(DAEDALUS_CODEC_H264, V4L2_CID_STATELESS_H264_DECODE_PARAMS, picture);
    };
    EXPECT_EQ(of(V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC, 3), PictureKind::key);
    EXPECT_EQ(of(0, 1), PictureKind::reference);
    EXPECT_EQ(of(0, 0), PictureKind::disposable);
}

TEST(PictureKind, OfMpeg2) {
    const auto of = [](std::uint8_t type, std::uint8_t structure) {
        v4l2_ctrl_mpeg2_picture picture = {};
        picture.picture_coding_type = type;
        picture.picture_structure = structure;
        return kind(DAEDALUS_CODEC_MPEG2, V4L2_CID_STATELESS_MPEG2_PICTURE, picture);
    };
    EXPECT_EQ(of(V4L2_MPEG2_PIC_CODING_TYPE_I, V4L2_MPEG2_PIC_FRAME), PictureKind::key);
    EXPECT_EQ(of(V4L2_MPEG2_PIC_CODING_TYPE_I, V4L2_MPEG2_PIC_TOP_FIELD), PictureKind::reference);
    EXPECT_EQ(of(V4L2_MPEG2_PIC_CODING_TYPE_P, V4L2_MPEG2_PIC_FRAME), PictureKind::reference);
    EXPECT_EQ(of(V4L2_MPEG2_PIC_CODING_TYPE_B, V4L2_MPEG2_PIC_FRAME), PictureKind::disposable);
}

TEST(PictureKind, OfVpx) {
    v4l2_ctrl_vp8_frame vp8 = {};
    EXPECT_EQ(kind(DAEDALUS_CODEC_VP8, V4L2_CID_STATELESS_VP8_FRAME, vp8), PictureKind::reference);
    vp8.flags = V4L2_VP8_FRAME_FLAG_KEY_FRAME;
    EXPECT_EQ(kind(DAEDALUS_CODEC_VP8, V4L2_CID_STATELESS_VP8_FRAME, vp8), PictureKind::key);
    v4l2_ctrl_vp9_frame vp9 = {};
    EXPECT_EQ(kind(DAEDALUS_CODEC_VP9, V4L2_CID_STATELESS_VP9_FRAME, vp9), PictureKind::reference);
    vp9.flags = V4L2_VP9_FRAME_FLAG_KEY_FRAME;
    EXPECT_EQ(kind(DAEDALUS_CODEC_VP9, V4L2_CID_STATELESS_VP9_FRAME, vp9), PictureKind::key);
}

#ifdef V4L2_CID_STATELESS_AV1_FRAME
TEST(PictureKind, OfAv1) {
    v4l2_ctrl_av1_frame frame = {};
    frame.frame_type = V4L2_AV1_KEY_FRAME;
    EXPECT_EQ(kind(DAEDALUS_CODEC_AV1, V4L2_CID_STATELESS_AV1_FRAME, frame), PictureKind::reference)
        << "hidden";
    frame.flags = V4L2_AV1_FRAME_FLAG_SHOW_FRAME;
    EXPECT_EQ(kind(DAEDALUS_CODEC_AV1, V4L2_CID_STATELESS_AV1_FRAME, frame), PictureKind::key);
    frame.frame_type = V4L2_AV1_INTER_FRAME;
    EXPECT_EQ(kind(DAEDALUS_CODEC_AV1, V4L2_CID_STATELESS_AV1_FRAME, frame), PictureKind::reference);
}
#endif

TEST(PictureKind, WithoutControlsEverythingIsKept) {
    for (int codec = 0; codec < DAEDALUS_CODEC_COUNT; codec++)
        EXPECT_EQ(picture_kind(static_cast<daedalus_codec>(codec), {}), PictureKind::reference);
}

} // namespace
} // namespace daedalus::replay
