// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <expected>
#include <linux/v4l2-controls.h>
#include <span>
#include <string>
#include <vector>

/**
 * An MPEG-2 video elementary stream taken apart into the requests that a client
 * of a stateless V4L2 decoder makes of it, with the values that GStreamer's
 * v4l2codecs puts in.
 */
namespace daedalus::test::mpeg2 {

/** GStreamer's timestamp for a reference that is not there. */
inline constexpr uint64_t no_reference = UINT64_MAX;

/** One request: a frame picture, or one field. */
struct Picture {
    v4l2_ctrl_mpeg2_sequence sequence{};
    v4l2_ctrl_mpeg2_picture picture{};
    v4l2_ctrl_mpeg2_quantisation quantisation{};
    std::vector<uint8_t> bitstream; ///< the slices with their start codes
    uint32_t frame = 0;             ///< both fields of a frame have the same
    uint64_t timestamp = 0;         ///< ns: the number of the frame as microseconds
    bool second_field = false;
};

/** Takes a whole stream apart. The error tells what the stream has that is no MPEG-2 video. */
std::expected<std::vector<Picture>, std::string> parse_stream(std::span<const uint8_t> bytes);

} // namespace daedalus::test::mpeg2
