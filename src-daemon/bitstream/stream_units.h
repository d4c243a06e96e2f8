// SPDX-License-Identifier: BSD-2-Clause
// What a client of a stateful decoder has put into a buffer. Pure.
#pragma once

#include "daedalus/protocol.h"

#include <cstddef>
#include <span>
#include <vector>

namespace daedalus::bitstream {

/// What there is in a piece of a stream, up to the head of its first picture.
struct Piece {
    /// It holds a picture, or a part of one. If not, it is parameter sets, messages or delimiters, which
    /// belong in front of the picture that comes next.
    bool picture = false;
    /// Decoding can begin with that picture. Never of one that refers to what is before it; of streams that
    /// are no streams anything may be said.
    bool key = false;
    /// Units in front of the picture that a stream may hold but once and all its pictures need, with their
    /// start codes, in order. They belong to the piece.
    std::vector<std::span<const std::byte>> parameter_sets;
};

/// Whether nothing behind a Piece::key is predicted from pictures before it. Not so where pictures that are
/// shown before it may follow it (open groups of MPEG-2 and MPEG-4; H.264's key is an IDR picture, behind
/// which none do), nor in AV1, where a repeated sequence header is taken for one.
[[nodiscard]] constexpr bool key_cuts_off(daedalus_codec codec) {
    return codec != DAEDALUS_CODEC_MPEG2 && codec != DAEDALUS_CODEC_MPEG4 && codec != DAEDALUS_CODEC_AV1;
}

[[nodiscard]] Piece examine(daedalus_codec codec, std::span<const std::byte> piece);

} // namespace daedalus::bitstream
