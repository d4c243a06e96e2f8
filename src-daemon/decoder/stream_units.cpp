// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/stream_units.h"

#include <cstdint>

namespace daedalus::decoder {
namespace {

/// Calls `found` with the byte behind each start code (00 00 01) until it returns true; whether it did.
template <typename Found>
bool any_start_code(std::span<const std::byte> piece, const Found& found) {
    for (std::size_t i = 0; i + 3 < piece.size(); i++)
        if (piece[i] == std::byte{0} && piece[i + 1] == std::byte{0} && piece[i + 2] == std::byte{1} &&
            found(std::to_integer<std::uint8_t>(piece[i + 3])))
            return true;
    return false;
}

bool is_h264_slice(std::uint8_t code) {
    const int type = code & 0x1f;
    return type >= 1 && type <= 5; // slices and their partitions
}

bool is_mpeg2_picture(std::uint8_t code) {
    return code <= 0xaf; // a picture's header, or a slice
}

} // namespace

bool holds_picture(daedalus_codec codec, std::span<const std::byte> piece) {
    switch (codec) {
    case DAEDALUS_CODEC_H264:
        return any_start_code(piece, is_h264_slice);
    case DAEDALUS_CODEC_MPEG2:
        return any_start_code(piece, is_mpeg2_picture);
    default:
        return !piece.empty(); // whole frames, with whatever they need
    }
}

} // namespace daedalus::decoder
