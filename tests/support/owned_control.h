// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace daedalus::test {

/// A control with its payload.
struct OwnedControl {
    std::uint32_t id = 0;
    std::uint32_t elems = 1;
    std::vector<std::byte> payload;

    template <typename T>
    static OwnedControl of(std::uint32_t id, const T& value) {
        return of_array(id, std::span(&value, 1));
    }
    template <typename T>
    static OwnedControl of_array(std::uint32_t id, std::span<const T> values) {
        const auto bytes = std::as_bytes(values);
        return {id, static_cast<std::uint32_t>(values.size()), {bytes.begin(), bytes.end()}};
    }
};

} // namespace daedalus::test
