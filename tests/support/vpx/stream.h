// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

/**
 * VP8 and VP9 streams taken apart into the frames that a client of a stateless
 * V4L2 decoder sends: one for each request, those of superframes and hidden ones
 * too.
 */
namespace daedalus::test::vpx {

/** One frame as a client sends it. */
struct Frame {
    std::vector<std::byte> bytes;
    bool intra = false;
    bool shown = false;
    std::size_t packet = 0; ///< index in Stream::packets
    /** VP9: the slots that it is predicted from. VP8's are behind arithmetic coding and not read. */
    std::vector<unsigned> references;
    /** VP9: bit i is set when slot i holds this frame from then on. */
    uint8_t refresh = 0;
};

struct Stream {
    bool vp9 = false;
    bool ten_bits = false;
    uint32_t width = 0; ///< of the file's header
    uint32_t height = 0;
    std::vector<std::vector<uint8_t>> packets; ///< as a decoder library takes them
    std::vector<Frame> frames;
    /** For each picture that is shown: false if a frame that was decoded before is only shown again. */
    std::vector<bool> decoded;
};

/** Takes an IVF file apart. */
std::expected<Stream, std::string> read_stream(const std::string& path);

/** The frames of a VP9 superframe (VP9 annex B), or the one frame that it is. */
std::vector<std::span<const uint8_t>> split_superframe(std::span<const uint8_t> packet);

} // namespace daedalus::test::vpx
