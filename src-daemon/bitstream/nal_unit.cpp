// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/nal_unit.h"

namespace daedalus::bitstream {

void append_nal_unit(std::vector<std::uint8_t>& out, std::uint8_t header,
                     std::span<const std::uint8_t> rbsp) {
    out.insert(out.end(), {0, 0, 0, 1, header});
    unsigned zeros = 0;
    for (const std::uint8_t byte : rbsp) {
        if (zeros == 2 && byte <= 3) {
            out.push_back(3);
            zeros = 0;
        }
        out.push_back(byte);
        zeros = byte == 0 ? zeros + 1 : 0;
    }
}

} // namespace daedalus::bitstream
