// SPDX-License-Identifier: BSD-2-Clause
// Enumerations in controls, which clients fill with any number.
#pragma once

#include <cstdint>
#include <cstring>

namespace daedalus::bitstream {

/// The number that an enumeration field of a control holds, which need not be one of the enumeration's.
template <typename Enum>
[[nodiscard]] std::uint32_t control_value(const Enum& field) {
    static_assert(sizeof(field) == sizeof(std::uint32_t));
    std::uint32_t value = 0;
    std::memcpy(&value, &field, sizeof(value));
    return value;
}

} // namespace daedalus::bitstream
