// SPDX-License-Identifier: BSD-2-Clause
// Input: requests, one after the other. Each is a byte with the number of tile group entries, the sequence,
// frame and film grain controls, the entries, a byte with the length of the bitstream, and the bitstream.
#include "bitstream/av1_stream_writer.h"

#include "fuzz/fuzz_input.h"
#include "support/av1/stream.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using daedalus::fuzz::require;
    daedalus::fuzz::FuzzInput input(data, size);
    daedalus::bitstream::Av1StreamWriter writer;
    daedalus::test::av1::StreamParser parser;
    for (std::uint64_t timestamp = 0; !input.empty(); ++timestamp) {
        std::vector<v4l2_ctrl_av1_tile_group_entry> tiles(input.take<std::uint8_t>());
        const auto sequence = input.take<v4l2_ctrl_av1_sequence>();
        const auto frame = input.take<v4l2_ctrl_av1_frame>();
        const auto film_grain = input.take<v4l2_ctrl_av1_film_grain>();
        for (auto& tile : tiles)
            tile = input.take<v4l2_ctrl_av1_tile_group_entry>();
        const auto bitstream = input.bytes(input.take<std::uint8_t>());
        const auto unit = writer.write({.sequence = sequence,
                                        .frame = frame,
                                        .film_grain = &film_grain,
                                        .tiles = tiles,
                                        .bitstream = bitstream,
                                        .timestamp = timestamp});
        if (!unit) {
            require(!unit.error().message.empty());
            continue;
        }
        require(unit->frame.size() < 2048 + bitstream.size() + 8 * tiles.size());
        if (!unit->reload.empty())
            require(parser.parse(unit->reload).has_value());
        const auto events = parser.parse(unit->frame);
        require(events && events->size() == 1);
        const auto& request = events->front().request;
        require(request && request->tiles.size() == tiles.size());
    }
    return 0;
}
