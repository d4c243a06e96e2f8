// SPDX-License-Identifier: BSD-2-Clause
#include "worker/stream_pieces.h"

#include <algorithm>
#include <span>
#include <utility>

namespace daedalus::test {

std::vector<Bytes> nal_units(const std::vector<std::uint8_t>& stream) {
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i + 3 < stream.size(); i++)
        if (stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1)
            starts.push_back(i);
    starts.push_back(stream.size());
    std::vector<Bytes> units;
    for (std::size_t i = 0; i + 1 < starts.size(); i++) {
        const auto bytes = std::as_bytes(std::span(stream)).subspan(starts[i], starts[i + 1] - starts[i]);
        units.emplace_back(bytes.begin(), bytes.end());
    }
    return units;
}

int nal_type(const Bytes& unit) {
    return std::to_integer<int>(unit[3]) & 0x1f;
}

std::vector<Bytes> mpeg4_frames(const std::vector<std::uint8_t>& stream) {
    std::vector<Bytes> frames;
    Bytes headers;
    for (const Bytes& unit : nal_units(stream)) {
        headers.insert(headers.end(), unit.begin(), unit.end());
        if (unit[3] == std::byte{0xb6})
            frames.push_back(std::exchange(headers, Bytes()));
    }
    return frames;
}

std::vector<std::vector<Bytes>> access_units(const std::vector<std::uint8_t>& stream) {
    std::vector<std::vector<Bytes>> units(1);
    for (Bytes& unit : nal_units(stream)) {
        const bool slice = nal_type(unit) == 1 || nal_type(unit) == 5;
        units.back().push_back(std::move(unit));
        if (slice)
            units.emplace_back();
    }
    units.pop_back();
    return units;
}

std::vector<Bytes> ivf_frames(const std::vector<std::uint8_t>& file) {
    constexpr std::size_t file_header = 32, frame_header = 12;
    const auto bytes = std::as_bytes(std::span(file));
    std::vector<Bytes> frames;
    for (std::size_t at = file_header; at + frame_header <= bytes.size();) {
        std::size_t size = 0;
        for (const std::size_t byte : {3, 2, 1, 0})
            size = size << 8 | file[at + byte];
        at += frame_header;
        const auto frame = bytes.subspan(at, std::min(size, bytes.size() - at));
        frames.emplace_back(frame.begin(), frame.end());
        at += size;
    }
    return frames;
}

Bytes join(const std::vector<Bytes>& units) {
    Bytes all;
    for (const Bytes& unit : units)
        all.insert(all.end(), unit.begin(), unit.end());
    return all;
}

} // namespace daedalus::test
