// SPDX-License-Identifier: BSD-2-Clause
#include "bench/clip_formats.h"
#include "support/mpeg2/stream.h"

#include <fstream>
#include <iterator>
#include <map>

namespace daedalus::bench {
namespace {

namespace mpeg2 = test::mpeg2;
using test::OwnedControl;

constexpr unsigned picture_start = 0x00, first_slice = 0x01, last_slice = 0xaf;
constexpr unsigned sequence_start = 0xb3, group_start = 0xb8;

/// The stream cut in front of the headers that belong to a picture: what a demultiplexer would give.
std::vector<Packet> packets_of(std::span<const std::byte> stream) {
    std::vector<Packet> packets;
    std::size_t begin = 0;
    bool has_slices = false;
    for (std::size_t i = 0; i + 4 <= stream.size(); i++) {
        if (stream[i] != std::byte{0} || stream[i + 1] != std::byte{0} || stream[i + 2] != std::byte{1})
            continue;
        const auto code = std::to_integer<unsigned>(stream[i + 3]);
        const bool headers = code == picture_start || code == sequence_start || code == group_start;
        if (has_slices && headers) {
            packets.emplace_back(stream.subspan(begin, i - begin));
            begin = i;
            has_slices = false;
        }
        has_slices = has_slices || (code >= first_slice && code <= last_slice);
    }
    if (has_slices)
        packets.emplace_back(stream.subspan(begin));
    return packets;
}

} // namespace

Clip read_mpeg2_clip(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    Clip clip;
    clip.codec = DAEDALUS_CODEC_MPEG2;
    clip.packets = packets_of(std::as_bytes(std::span(bytes)));
    std::map<std::uint64_t, std::size_t> by_timestamp;
    for (const mpeg2::Picture& picture : parsed(mpeg2::parse_stream(bytes), path)) {
        if (picture.second_field || picture.picture.picture_structure != V4L2_MPEG2_PIC_FRAME)
            throw std::runtime_error(path + ": has frames of two fields");
        const auto slices = std::as_bytes(std::span(picture.bitstream));
        Request request{
            .controls = {OwnedControl::of(V4L2_CID_STATELESS_MPEG2_SEQUENCE, picture.sequence),
                         OwnedControl::of(V4L2_CID_STATELESS_MPEG2_PICTURE, picture.picture),
                         OwnedControl::of(V4L2_CID_STATELESS_MPEG2_QUANTISATION, picture.quantisation)},
            .bitstream = {slices.begin(), slices.end()},
            .timestamp = picture.timestamp,
            .packet = clip.requests.size(),
            .references = {}};
        for (const std::uint64_t timestamp :
             {picture.picture.forward_ref_ts, picture.picture.backward_ref_ts})
            if (const auto found = by_timestamp.find(timestamp); found != by_timestamp.end())
                request.references.push_back(found->second);
        by_timestamp[picture.timestamp] = clip.requests.size();
        clip.requests.push_back(std::move(request));
        clip.width = (picture.sequence.horizontal_size + 15U) / 16 * 16;
        clip.height = (picture.sequence.vertical_size + 15U) / 16 * 16;
    }
    return clip;
}

} // namespace daedalus::bench
