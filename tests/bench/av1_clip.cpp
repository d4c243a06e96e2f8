// SPDX-License-Identifier: BSD-2-Clause
#include "bench/clip_formats.h"
#include "support/av1/stream.h"
#include "support/ivf.h"

#include <map>

namespace daedalus::bench {
namespace {

using test::OwnedControl;

Request request_of(const test::av1::Request& taken, std::size_t packet) {
    const auto bytes = std::as_bytes(std::span(taken.bitstream));
    return {
        .controls = {OwnedControl::of(V4L2_CID_STATELESS_AV1_SEQUENCE, taken.sequence),
                     OwnedControl::of(V4L2_CID_STATELESS_AV1_FRAME, taken.frame),
                     OwnedControl::of_array(V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY, std::span(taken.tiles))},
        .bitstream = {bytes.begin(), bytes.end()},
        .timestamp = taken.timestamp,
        .packet = packet,
        .references = {}};
}

} // namespace

Clip read_av1_clip(const std::string& path) {
    const auto ivf = parsed(test::read_ivf(path), path);
    Clip clip;
    clip.codec = DAEDALUS_CODEC_AV1;
    clip.width = ivf.width;
    clip.height = ivf.height;
    test::av1::StreamParser parser;
    std::map<std::uint64_t, std::size_t> by_timestamp;
    for (const auto& unit : ivf.packets) {
        clip.packets.emplace_back(std::as_bytes(std::span(unit)));
        for (const auto& event : parsed(parser.parse(unit), path)) {
            if (!event.request) // shown again
                continue;
            if (event.request->sequence.bit_depth != 8)
                throw std::runtime_error(path + ": has more than 8 bits");
            Request request = request_of(*event.request, clip.packets.size() - 1);
            // Whatever is in a slot may be referred to later, so it is in use.
            if (event.request->frame.frame_type != V4L2_AV1_KEY_FRAME)
                for (const std::uint64_t timestamp : event.request->frame.reference_frame_ts)
                    if (const auto found = by_timestamp.find(timestamp); found != by_timestamp.end())
                        request.references.push_back(found->second);
            by_timestamp[request.timestamp] = clip.requests.size();
            clip.requests.push_back(std::move(request));
        }
    }
    return clip;
}

} // namespace daedalus::bench
