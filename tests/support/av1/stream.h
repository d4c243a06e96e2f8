// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "support/av1/frame_header.h"
#include "support/av1/sequence_header.h"

#include <cstdint>
#include <expected>
#include <linux/v4l2-controls.h>
#include <optional>
#include <span>
#include <string>
#include <vector>

/**
 * AV1 temporal units taken apart into the requests that a client of a stateless
 * V4L2 decoder makes of them, with the values that GStreamer's v4l2codecs puts
 * in: the bitstream is the payload of OBU_FRAME and OBU_TILE_GROUP, the tile
 * offsets are absolute.
 */
namespace daedalus::test::av1 {

/** One frame that the client has decoded. */
struct Request {
    v4l2_ctrl_av1_sequence sequence{};
    v4l2_ctrl_av1_frame frame{};
    v4l2_ctrl_av1_film_grain film_grain{};
    std::vector<v4l2_ctrl_av1_tile_group_entry> tiles;
    std::vector<uint8_t> bitstream;
    uint64_t timestamp = 0; ///< ns
};

/** What a stream does, in order: it has a frame decoded, or shows one again, which needs no request. */
struct Event {
    std::optional<Request> request; ///< none: a frame is shown that was decoded before
};

/** Takes a stream apart, one temporal unit after the other. */
class StreamParser {
  public:
    /** Parses a temporal unit (low-overhead format). The error says what is wrong with it. */
    std::expected<std::vector<Event>, std::string> parse(std::span<const uint8_t> temporal_unit);

  private:
    struct Obu {
        unsigned type;
        Layer layer;
        bool has_layer;
        std::span<const uint8_t> payload;
    };

    static std::expected<Obu, std::string> next_obu(std::span<const uint8_t>& data);
    bool is_dropped(const Obu& obu) const;
    std::expected<void, std::string> take(const Obu& obu, std::vector<Event>& events);
    std::expected<void, std::string> take_frame_header(const Obu& obu, BitReader& reader,
                                                       std::vector<Event>& events);
    std::expected<void, std::string> take_tiles(const Obu& obu, BitReader& reader,
                                                std::vector<Event>& events);
    void show(unsigned slot, std::vector<Event>& events);
    void finish_frame(std::vector<Event>& events);

    std::optional<SequenceHeader> sequence_;
    std::vector<uint8_t> sequence_payload_; ///< what it was parsed from
    Slots slots_;
    std::array<uint64_t, V4L2_AV1_TOTAL_REFS_PER_FRAME> timestamps_{};
    std::optional<FrameHeader> current_; ///< the frame whose tiles are being collected
    Request request_;
    uint64_t frames_ = 0;
};

} // namespace daedalus::test::av1
