// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace daedalus::test {

/** The frames of an IVF file (temporal units for AV1), each as it lies in the file. */
std::expected<std::vector<std::vector<uint8_t>>, std::string> read_ivf(const std::string& path);

} // namespace daedalus::test
