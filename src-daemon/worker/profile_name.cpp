// SPDX-License-Identifier: BSD-2-Clause
#include "worker/profile_name.h"

#include <linux/videodev2.h>

namespace daedalus::worker {
namespace {

/// ITU-T H.264 A.2. The client passes the flags on as the stream has them.
std::string_view h264_profile(const v4l2_ctrl_h264_sps& sps) {
    const auto has = [&](unsigned flags) { return (sps.constraint_set_flags & flags) == flags; };
    switch (sps.profile_idc) {
    case 66:
        return has(V4L2_H264_SPS_CONSTRAINT_SET1_FLAG) ? "Constrained Baseline" : "Baseline";
    case 77:
        return "Main";
    case 88:
        return "Extended";
    case 100:
        if (!has(V4L2_H264_SPS_CONSTRAINT_SET4_FLAG))
            return "High";
        return has(V4L2_H264_SPS_CONSTRAINT_SET5_FLAG) ? "Constrained High" : "Progressive High";
    case 110:
        return has(V4L2_H264_SPS_CONSTRAINT_SET3_FLAG) ? "High 10 Intra" : "High 10";
    case 122:
        return "High 4:2:2";
    case 244:
        return "High 4:4:4 Predictive";
    default:
        return {};
    }
}

/// VP9 and VP8 (where RFC 6386 calls it version) number theirs.
std::string_view numbered_profile(unsigned profile) {
    switch (profile) {
    case 0:
        return "Profile 0";
    case 1:
        return "Profile 1";
    case 2:
        return "Profile 2";
    case 3:
        return "Profile 3";
    default:
        return {};
    }
}

/// ISO/IEC 13818-2 8.1: bits 6 to 4 are the profile, and bit 7 says that they are something else.
std::string_view mpeg2_profile(const v4l2_ctrl_mpeg2_sequence& sequence) {
    switch (sequence.profile_and_level_indication >> 4) {
    case 1:
        return "High";
    case 2:
        return "Spatially Scalable";
    case 3:
        return "SNR Scalable";
    case 4:
        return "Main";
    case 5:
        return "Simple";
    default:
        return {};
    }
}

#ifdef DAEDALUS_HAVE_AV1
std::string_view av1_profile(const v4l2_ctrl_av1_sequence& sequence) {
    switch (sequence.seq_profile) {
    case 0:
        return "Main";
    case 1:
        return "High";
    case 2:
        return "Professional";
    default:
        return {};
    }
}
#endif

} // namespace

std::string_view profile_name(daedalus_codec codec, const bridge::ControlSet& controls) {
    switch (codec) {
    case DAEDALUS_CODEC_H264:
        if (const auto sps = controls.get<v4l2_ctrl_h264_sps>(V4L2_CID_STATELESS_H264_SPS))
            return h264_profile(*sps);
        break;
    case DAEDALUS_CODEC_VP9:
        if (const auto frame = controls.get<v4l2_ctrl_vp9_frame>(V4L2_CID_STATELESS_VP9_FRAME))
            return numbered_profile(frame->profile);
        break;
    case DAEDALUS_CODEC_VP8:
        if (const auto frame = controls.get<v4l2_ctrl_vp8_frame>(V4L2_CID_STATELESS_VP8_FRAME))
            return numbered_profile(frame->version);
        break;
    case DAEDALUS_CODEC_MPEG2:
        if (const auto sequence = controls.get<v4l2_ctrl_mpeg2_sequence>(V4L2_CID_STATELESS_MPEG2_SEQUENCE))
            return mpeg2_profile(*sequence);
        break;
#ifdef DAEDALUS_HAVE_AV1
    case DAEDALUS_CODEC_AV1:
        if (const auto sequence = controls.get<v4l2_ctrl_av1_sequence>(V4L2_CID_STATELESS_AV1_SEQUENCE))
            return av1_profile(*sequence);
        break;
#else
    case DAEDALUS_CODEC_AV1:
#endif
    case DAEDALUS_CODEC_MPEG4: // no requests of these
    case DAEDALUS_CODEC_H263:
    case DAEDALUS_CODEC_COUNT:
        break;
    }
    return {};
}

} // namespace daedalus::worker
