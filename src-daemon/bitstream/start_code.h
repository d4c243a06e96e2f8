// SPDX-License-Identifier: BSD-2-Clause
// The start codes of H.264 (Annex B), MPEG-2 and MPEG-4: 00 00 01.
#pragma once

#include <cstddef>
#include <span>

namespace daedalus::bitstream {

constexpr std::size_t start_code_length = 3;

/// Offset of the byte after the next start code at or after `from`, or the size when there is none.
[[nodiscard]] inline std::size_t after_start_code(std::span<const std::byte> data, std::size_t from) {
    for (std::size_t i = from; i + start_code_length <= data.size();) {
        const auto third = std::to_integer<unsigned>(data[i + 2]);
        if (third > 1)
            i += start_code_length; // no code has such a byte
        else if (third == 1 && data[i] == std::byte{0} && data[i + 1] == std::byte{0})
            return i + start_code_length;
        else
            i++;
    }
    return data.size();
}

} // namespace daedalus::bitstream
