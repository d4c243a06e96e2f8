// SPDX-License-Identifier: BSD-2-Clause
// What a client of a stateful decoder has put into a buffer. Pure.
#pragma once

#include "daedalus/protocol.h"

#include <cstddef>
#include <span>

namespace daedalus::decoder {

/// Whether the piece of a stream holds a picture, or a part of one. If not, it is parameter sets, messages or
/// delimiters, which belong in front of the picture that comes next.
[[nodiscard]] bool holds_picture(daedalus_codec codec, std::span<const std::byte> piece);

} // namespace daedalus::decoder
