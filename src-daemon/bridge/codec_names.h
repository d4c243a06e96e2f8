// SPDX-License-Identifier: BSD-2-Clause
// The names of codecs, for people and for command lines.
#pragma once

#include "daedalus/protocol.h"

#include <optional>
#include <string_view>

namespace daedalus::bridge {

/// "H.264", "VP9", "AV1", "VP8", "MPEG-2".
[[nodiscard]] constexpr std::string_view codec_title(daedalus_codec codec) {
    switch (codec) {
    case DAEDALUS_CODEC_H264:
        return "H.264";
    case DAEDALUS_CODEC_VP9:
        return "VP9";
    case DAEDALUS_CODEC_AV1:
        return "AV1";
    case DAEDALUS_CODEC_VP8:
        return "VP8";
    case DAEDALUS_CODEC_MPEG2:
        return "MPEG-2";
    case DAEDALUS_CODEC_MPEG4:
        return "MPEG-4";
    case DAEDALUS_CODEC_H263:
        return "H.263";
    case DAEDALUS_CODEC_COUNT:
        break;
    }
    return "unknown codec";
}

/// "h264", "vp9", "av1", "vp8", "mpeg2".
[[nodiscard]] constexpr std::string_view codec_keyword(daedalus_codec codec) {
    switch (codec) {
    case DAEDALUS_CODEC_H264:
        return "h264";
    case DAEDALUS_CODEC_VP9:
        return "vp9";
    case DAEDALUS_CODEC_AV1:
        return "av1";
    case DAEDALUS_CODEC_VP8:
        return "vp8";
    case DAEDALUS_CODEC_MPEG2:
        return "mpeg2";
    case DAEDALUS_CODEC_MPEG4:
        return "mpeg4";
    case DAEDALUS_CODEC_H263:
        return "h263";
    case DAEDALUS_CODEC_COUNT:
        break;
    }
    return "";
}

/// Whether clients may decode it by requests. If not, only as a stream.
[[nodiscard]] constexpr bool has_requests(daedalus_codec codec) {
    return codec != DAEDALUS_CODEC_MPEG4 && codec != DAEDALUS_CODEC_H263;
}

/// The reverse of codec_keyword().
[[nodiscard]] constexpr std::optional<daedalus_codec> codec_from_keyword(std::string_view keyword) {
    for (int codec = 0; codec < DAEDALUS_CODEC_COUNT; codec++)
        if (!keyword.empty() && codec_keyword(static_cast<daedalus_codec>(codec)) == keyword)
            return static_cast<daedalus_codec>(codec);
    return std::nullopt;
}

} // namespace daedalus::bridge
