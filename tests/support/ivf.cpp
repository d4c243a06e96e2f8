// SPDX-License-Identifier: BSD-2-Clause
#include "support/ivf.h"

#include <fstream>
#include <iterator>

namespace daedalus::test {
namespace {

constexpr size_t file_header_length = 32;
constexpr size_t frame_header_length = 12;

uint32_t little_endian_16(const uint8_t* at) {
    return at[0] | static_cast<uint32_t>(at[1]) << 8;
}

uint32_t little_endian_32(const uint8_t* at) {
    return little_endian_16(at) | little_endian_16(at + 2) << 16;
}

} // namespace

std::expected<Ivf, std::string> read_ivf(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<uint8_t> bytes(std::istreambuf_iterator<char>(file), {});
    if (bytes.size() < file_header_length || std::string(bytes.begin(), bytes.begin() + 4) != "DKIF")
        return std::unexpected(path + " is no IVF file");
    Ivf ivf{.codec = std::string(bytes.begin() + 8, bytes.begin() + 12),
            .width = little_endian_16(&bytes[12]),
            .height = little_endian_16(&bytes[14]),
            .packets = {}};
    size_t at = file_header_length;
    while (bytes.size() - at >= frame_header_length) {
        const size_t length = little_endian_32(&bytes[at]);
        at += frame_header_length;
        if (length > bytes.size() - at)
            return std::unexpected(path + " ends inside of a frame");
        ivf.packets.emplace_back(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                 bytes.begin() + static_cast<std::ptrdiff_t>(at + length));
        at += length;
    }
    return ivf;
}

} // namespace daedalus::test
