// SPDX-License-Identifier: BSD-2-Clause
#include "bench/clip_formats.h"
#include "support/vpx/stream.h"

#include <linux/v4l2-controls.h>

#include <array>

namespace daedalus::bench {
namespace {

namespace vpx = test::vpx;
using test::OwnedControl;

std::uint64_t timestamp_of(std::size_t request) {
    return (request + 1) * 1000;
}

/// The daemon looks at flags and references alone: libavcodec reads the rest from the bitstream.
OwnedControl vp8_control(const vpx::Frame& frame, std::size_t index) {
    v4l2_ctrl_vp8_frame control = {};
    if (frame.intra)
        control.flags = V4L2_VP8_FRAME_FLAG_KEY_FRAME;
    else
        control.last_frame_ts = control.golden_frame_ts = control.alt_frame_ts = timestamp_of(index - 1);
    return OwnedControl::of(V4L2_CID_STATELESS_VP8_FRAME, control);
}

OwnedControl vp9_control(const vpx::Frame& frame, const std::vector<std::size_t>& references) {
    v4l2_ctrl_vp9_frame control = {};
    if (frame.intra)
        control.flags = V4L2_VP9_FRAME_FLAG_KEY_FRAME;
    if (references.size() == 3) {
        control.last_frame_ts = timestamp_of(references[0]);
        control.golden_frame_ts = timestamp_of(references[1]);
        control.alt_frame_ts = timestamp_of(references[2]);
    }
    return OwnedControl::of(V4L2_CID_STATELESS_VP9_FRAME, control);
}

} // namespace

Clip read_vpx_clip(const std::string& path) {
    const auto stream = parsed(vpx::read_stream(path), path);
    if (stream.ten_bits)
        throw std::runtime_error(path + ": has 10 bits");
    Clip clip;
    clip.codec = stream.vp9 ? DAEDALUS_CODEC_VP9 : DAEDALUS_CODEC_VP8;
    clip.width = stream.width;
    clip.height = stream.height;
    for (const auto& packet : stream.packets)
        clip.packets.emplace_back(std::as_bytes(std::span(packet)));
    std::array<std::size_t, 8> slots = {};
    std::size_t key = 0;
    for (std::size_t i = 0; i < stream.frames.size(); i++) {
        const vpx::Frame& frame = stream.frames[i];
        Request request{.controls = {},
                        .bitstream = frame.bytes,
                        .timestamp = timestamp_of(i),
                        .packet = frame.packet,
                        .references = {}};
        if (stream.vp9) {
            for (const unsigned slot : frame.references)
                request.references.push_back(slots.at(slot));
            request.controls = {vp9_control(frame, request.references)};
            for (std::size_t slot = 0; slot < slots.size(); slot++)
                if ((frame.refresh >> slot & 1) != 0)
                    slots[slot] = i;
        } else {
            // Which of the frames since the key frame are still in use is behind arithmetic coding: any may
            // be.
            key = frame.intra ? i : key;
            for (std::size_t earlier = key; earlier < i; earlier++)
                request.references.push_back(earlier);
            request.controls = {vp8_control(frame, i)};
        }
        clip.requests.push_back(std::move(request));
    }
    return clip;
}

} // namespace daedalus::bench
