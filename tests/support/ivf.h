// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace daedalus::test {

/** An IVF file. */
struct Ivf {
    std::string codec; ///< "VP80", "VP90" or "AV01"
    uint32_t width = 0;
    uint32_t height = 0;
    std::vector<std::vector<uint8_t>> packets; ///< each as it lies in the file; temporal units for AV1
};

std::expected<Ivf, std::string> read_ivf(const std::string& path);

} // namespace daedalus::test
