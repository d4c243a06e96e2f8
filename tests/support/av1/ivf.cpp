// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/ivf.h"

#include <fstream>
#include <iterator>

namespace daedalus::test {
namespace {

constexpr size_t file_header_length = 32;
constexpr size_t frame_header_length = 12;

uint32_t little_endian_32(const uint8_t* at) {
    return at[0] | at[1] << 8 | at[2] << 16 | static_cast<uint32_t>(at[3]) << 24;
}

} // namespace

std::expected<std::vector<std::vector<uint8_t>>, std::string> read_ivf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
    if (bytes.size() < file_header_length || std::string(bytes.begin(), bytes.begin() + 4) != "DKIF")
        return std::unexpected(path + " is no IVF file");
    std::vector<std::vector<uint8_t>> frames;
    size_t at = file_header_length;
    while (bytes.size() - at >= frame_header_length) {
        const size_t length = little_endian_32(&bytes[at]);
        at += frame_header_length;
        if (length > bytes.size() - at)
            return std::unexpected(path + " ends inside of a frame");
        frames.emplace_back(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                            bytes.begin() + static_cast<std::ptrdiff_t>(at + length));
        at += length;
    }
    return frames;
}

} // namespace daedalus::test
