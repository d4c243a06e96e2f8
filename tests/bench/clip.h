// SPDX-License-Identifier: BSD-2-Clause
// A clip in two forms: as the requests that a client of the stateless API makes of it, for the worker, and as
// packets, for a decoder library alone.
#pragma once

#include "daedalus/protocol.h"
#include "support/owned_control.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace daedalus::bench {

/// One frame as a client sends it.
struct Request {
    std::vector<test::OwnedControl> controls;
    std::vector<std::byte> bitstream;
    std::uint64_t timestamp = 0;
    std::size_t packet = 0;              ///< index of the packet that holds the same
    std::vector<std::size_t> references; ///< indexes of earlier requests
    /// Index of the last request that refers to it, or its own: behind that its buffer may be used again.
    std::size_t last_use = 0;
};

/// What a decoder library takes at once, with the zeros behind it that libavcodec wants.
class Packet {
  public:
    explicit Packet(std::span<const std::byte> bytes);

    [[nodiscard]] std::span<const std::byte> bytes() const { return std::span(bytes_).first(size_); }
    /// The same with the zeros.
    [[nodiscard]] std::span<const std::byte> padded() const { return bytes_; }

  private:
    std::vector<std::byte> bytes_;
    std::size_t size_;
};

/// It begins with a key frame and refers to nothing before it, so it can be played over and over.
struct Clip {
    daedalus_codec codec = DAEDALUS_CODEC_H264;
    std::uint32_t width = 0; ///< coded luma samples
    std::uint32_t height = 0;
    std::vector<Request> requests;
    std::vector<Packet> packets;    ///< one for each picture that is shown
    std::vector<std::byte> headers; ///< for the library to know before the first packet; padded
    /// How many pictures are in use at a time at most, the one that is being decoded among them.
    std::size_t most_in_use = 0;
};

/// Reads NAME.h264, NAME.m2v or NAME.ivf (VP8, VP9, AV1). Throws std::runtime_error: the clip is not one of
/// whole frames of one size, or this build does not know the codec.
Clip read_clip(const std::string& path);

} // namespace daedalus::bench
