// SPDX-License-Identifier: BSD-2-Clause
#include "worker/profile_name.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

namespace daedalus::worker {
namespace {

template <typename T>
std::string_view name_of(daedalus_codec codec, std::uint32_t id, const T& control) {
    bridge::ControlSet controls;
    EXPECT_TRUE(controls.add({.id = id, .elems = 1, .payload = std::as_bytes(std::span(&control, 1))}));
    return profile_name(codec, controls);
}

std::string_view h264(std::uint8_t profile_idc, std::uint8_t constraints = 0) {
    v4l2_ctrl_h264_sps sps = {};
    sps.profile_idc = profile_idc;
    sps.constraint_set_flags = constraints;
    return name_of(DAEDALUS_CODEC_H264, V4L2_CID_STATELESS_H264_SPS, sps);
}

TEST(ProfileName, H264) {
    EXPECT_EQ(h264(66), "Baseline");
    EXPECT_EQ(h264(66, V4L2_H264_SPS_CONSTRAINT_SET0_FLAG | V4L2_H264_SPS_CONSTRAINT_SET1_FLAG),
              "Constrained Baseline");
    EXPECT_EQ(h264(77), "Main");
    EXPECT_EQ(h264(100), "High");
    EXPECT_EQ(h264(100, V4L2_H264_SPS_CONSTRAINT_SET4_FLAG), "Progressive High");
    EXPECT_EQ(h264(100, V4L2_H264_SPS_CONSTRAINT_SET4_FLAG | V4L2_H264_SPS_CONSTRAINT_SET5_FLAG),
              "Constrained High");
    EXPECT_EQ(h264(110), "High 10");
    EXPECT_EQ(h264(110, V4L2_H264_SPS_CONSTRAINT_SET3_FLAG), "High 10 Intra");
    EXPECT_EQ(h264(99), "");
}

TEST(ProfileName, Vp9AndVp8) {
    v4l2_ctrl_vp9_frame vp9 = {};
    vp9.profile = 2;
    EXPECT_EQ(name_of(DAEDALUS_CODEC_VP9, V4L2_CID_STATELESS_VP9_FRAME, vp9), "Profile 2");
    vp9.profile = 200;
    EXPECT_EQ(name_of(DAEDALUS_CODEC_VP9, V4L2_CID_STATELESS_VP9_FRAME, vp9), "");
    v4l2_ctrl_vp8_frame vp8 = {};
    vp8.version = 1;
    EXPECT_EQ(name_of(DAEDALUS_CODEC_VP8, V4L2_CID_STATELESS_VP8_FRAME, vp8), "Profile 1");
}

TEST(ProfileName, Mpeg2) {
    v4l2_ctrl_mpeg2_sequence sequence = {};
    EXPECT_EQ(name_of(DAEDALUS_CODEC_MPEG2, V4L2_CID_STATELESS_MPEG2_SEQUENCE, sequence), "");
    sequence.profile_and_level_indication = 0x48;
    EXPECT_EQ(name_of(DAEDALUS_CODEC_MPEG2, V4L2_CID_STATELESS_MPEG2_SEQUENCE, sequence), "Main");
    sequence.profile_and_level_indication = 0xc8; // the escape bit
    EXPECT_EQ(name_of(DAEDALUS_CODEC_MPEG2, V4L2_CID_STATELESS_MPEG2_SEQUENCE, sequence), "");
}

#ifdef DAEDALUS_HAVE_AV1
TEST(ProfileName, Av1) {
    v4l2_ctrl_av1_sequence sequence = {};
    EXPECT_EQ(name_of(DAEDALUS_CODEC_AV1, V4L2_CID_STATELESS_AV1_SEQUENCE, sequence), "Main");
    sequence.seq_profile = 2;
    EXPECT_EQ(name_of(DAEDALUS_CODEC_AV1, V4L2_CID_STATELESS_AV1_SEQUENCE, sequence), "Professional");
}
#endif

TEST(ProfileName, IsEmptyWithoutTheControl) {
    for (int codec = 0; codec < DAEDALUS_CODEC_COUNT; codec++)
        EXPECT_EQ(profile_name(static_cast<daedalus_codec>(codec), {}), "");
}

} // namespace
} // namespace daedalus::worker
