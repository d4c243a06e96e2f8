// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/front_end.h"

#include "decoder/h264_front_end.h"

namespace daedalus::decoder {

std::unique_ptr<FrontEnd> make_front_end(daedalus_codec codec) {
    switch (codec) {
    case DAEDALUS_CODEC_H264:
        return std::make_unique<H264FrontEnd>();
    default:
        return nullptr;
    }
}

} // namespace daedalus::decoder
