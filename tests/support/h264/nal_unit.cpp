// SPDX-License-Identifier: BSD-2-Clause
#include "nal_unit.h"

namespace daedalus::test::h264 {

namespace {

/** The offset of the next 00 00 01 at or after @p from, or the stream's size. */
size_t find_start_code(std::span<const uint8_t> stream, size_t from) {
    for (size_t at = from; at + 3 <= stream.size(); at++)
        if (stream[at] == 0 && stream[at + 1] == 0 && stream[at + 2] == 1)
            return at;
    return stream.size();
}

} // namespace

std::vector<NalUnit> split_nal_units(std::span<const uint8_t> stream) {
    std::vector<NalUnit> units;
    size_t start_code = find_start_code(stream, 0);
    while (start_code < stream.size()) {
        const size_t begin = start_code + 3;
        const size_t next = find_start_code(stream, begin);
        size_t end = next;
        while (end > begin && stream[end - 1] == 0)
            end--;
        if (end > begin && (stream[begin] & 0x80) == 0)
            units.push_back({.type = static_cast<NalType>(stream[begin] & 0x1f),
                             .ref_idc = static_cast<uint8_t>(stream[begin] >> 5 & 3),
                             .bytes = stream.subspan(begin, end - begin)});
        start_code = next;
    }
    return units;
}

} // namespace daedalus::test::h264
