// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/front_end.h"

#include "decoder/h264_front_end.h"
#include "decoder/mpeg2_front_end.h"
#include "decoder/vpx_front_ends.h"

namespace daedalus::decoder {

std::unique_ptr<FrontEnd> make_front_end(daedalus_codec codec) {
    switch (codec) {
    case DAEDALUS_CODEC_H264:
        return std::make_unique<H264FrontEnd>();
    case DAEDALUS_CODEC_VP8:
        return std::make_unique<Vp8FrontEnd>();
    case DAEDALUS_CODEC_VP9:
        return std::make_unique<Vp9FrontEnd>();
    case DAEDALUS_CODEC_MPEG2:
        return std::make_unique<Mpeg2FrontEnd>();
    default:
        return nullptr;
    }
}

} // namespace daedalus::decoder
