// SPDX-License-Identifier: BSD-2-Clause
#include "replay/picture_kind.h"

#include "bitstream/control_value.h"

#include <linux/videodev2.h>

namespace daedalus::replay {
namespace {

PictureKind of_h264(const bridge::ControlSet& controls) {
    const auto picture = controls.get<v4l2_ctrl_h264_decode_params>(V4L2_CID_STATELESS_H264_DECODE_PARAMS);
    if (!picture)
        return PictureKind::reference;
    if ((picture->flags & V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC) != 0)
        return PictureKind::key;
    return picture->nal_ref_idc == 0 ? PictureKind::disposable : PictureKind::reference;
}

PictureKind of_mpeg2(const bridge::ControlSet& controls) {
    const auto picture = controls.get<v4l2_ctrl_mpeg2_picture>(V4L2_CID_STATELESS_MPEG2_PICTURE);
    // The second field of an I picture may be a P field, which then belongs to it.
    if (!picture || picture->picture_structure != V4L2_MPEG2_PIC_FRAME)
        return PictureKind::reference;
    switch (picture->picture_coding_type) {
    case V4L2_MPEG2_PIC_CODING_TYPE_I:
        return PictureKind::key;
    case V4L2_MPEG2_PIC_CODING_TYPE_B:
        return PictureKind::disposable;
    default:
        return PictureKind::reference;
    }
}

PictureKind of_vp8(const bridge::ControlSet& controls) {
    const auto frame = controls.get<v4l2_ctrl_vp8_frame>(V4L2_CID_STATELESS_VP8_FRAME);
    const bool key = frame && (frame->flags & V4L2_VP8_FRAME_FLAG_KEY_FRAME) != 0;
    return key ? PictureKind::key : PictureKind::reference;
}

PictureKind of_vp9(const bridge::ControlSet& controls) {
    const auto frame = controls.get<v4l2_ctrl_vp9_frame>(V4L2_CID_STATELESS_VP9_FRAME);
    const bool key = frame && (frame->flags & V4L2_VP9_FRAME_FLAG_KEY_FRAME) != 0;
    return key ? PictureKind::key : PictureKind::reference;
}

#ifdef V4L2_CID_STATELESS_AV1_FRAME
PictureKind of_av1(const bridge::ControlSet& controls) {
    const auto frame = controls.get<v4l2_ctrl_av1_frame>(V4L2_CID_STATELESS_AV1_FRAME);
    // A hidden key frame replaces all references only when it is shown later on.
    const bool key = frame && bitstream::control_value(frame->frame_type) == V4L2_AV1_KEY_FRAME &&
                     (frame->flags & V4L2_AV1_FRAME_FLAG_SHOW_FRAME) != 0;
    return key ? PictureKind::key : PictureKind::reference;
}
#endif

} // namespace

PictureKind picture_kind(daedalus_codec codec, const bridge::ControlSet& controls) {
    switch (codec) {
    case DAEDALUS_CODEC_H264:
        return of_h264(controls);
    case DAEDALUS_CODEC_MPEG2:
        return of_mpeg2(controls);
    case DAEDALUS_CODEC_VP8:
        return of_vp8(controls);
    case DAEDALUS_CODEC_VP9:
        return of_vp9(controls);
    case DAEDALUS_CODEC_AV1:
#ifdef V4L2_CID_STATELESS_AV1_FRAME
        return of_av1(controls);
#endif
    case DAEDALUS_CODEC_MPEG4: // no requests of these
    case DAEDALUS_CODEC_H263:
    case DAEDALUS_CODEC_COUNT:
        break;
    }
    return PictureKind::reference;
}

} // namespace daedalus::replay
