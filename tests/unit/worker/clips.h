// SPDX-License-Identifier: BSD-2-Clause
// Clips made by ffmpeg at test time, and what ffmpeg decodes from them.
#pragma once

#include "support/h264/stream.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace daedalus::test {

/// A clip and the truth about it.
struct Clip {
    h264::Stream stream;
    /// Each frame in display order, cropped, as planar 4:2:0 with the stream's bit depth.
    std::vector<std::vector<std::uint8_t>> frames;
};

/// A clip for who parses nothing.
struct RawClip {
    std::vector<std::uint8_t> coded;
    /// Each frame in display order, as planar 4:2:0.
    std::vector<std::vector<std::uint8_t>> frames;
};

/// Encodes `frames` frames of ffmpeg's test picture at `size` ("176x144") with libx264 and `options`, the
/// same clip every time. Ends the test program when ffmpeg is missing or fails: without clips no test here
/// means anything. Clips are kept until the program ends.
const Clip& h264_clip(const std::string& size, int frames, const std::string& options,
                      const std::string& pixel_format = "yuv420p");

/// The same clips as bytes, of 8 bits.
const RawClip& raw_h264_clip(const std::string& size, int frames, const std::string& options);

/// The same with the encoder and the container for `options`: "-c:v mpeg4 -bf 2 -f m4v". The encoder must
/// give a packet for each frame.
const RawClip& raw_clip(const std::string& size, int frames, const std::string& options);

/// A stream from a file. Nothing when it is not one that can be compared: it can't be said in V4L2's
/// controls, or ffmpeg shows another number of frames or frames of several sizes.
std::optional<Clip> h264_file(const std::string& path);

} // namespace daedalus::test
