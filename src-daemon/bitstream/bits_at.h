// SPDX-License-Identifier: BSD-2-Clause
// Looking at bits of a stream from a client, which may end anywhere.
#pragma once

#include <cstddef>
#include <span>

namespace daedalus::bitstream {

/// The byte at this place, or 0 behind the end.
[[nodiscard]] inline unsigned byte_at(std::span<const std::byte> bytes, std::size_t at) {
    return at < bytes.size() ? std::to_integer<unsigned>(bytes[at]) : 0;
}

/// `count` bits, at most 24, from the bit `at` on; zeros behind the end.
[[nodiscard]] inline unsigned bits_at(std::span<const std::byte> bytes, std::size_t at, unsigned count) {
    unsigned value = 0;
    for (unsigned i = 0; i < count; i++, at++)
        value = value << 1 | (byte_at(bytes, at / 8) >> (7 - at % 8) & 1);
    return value;
}

} // namespace daedalus::bitstream
