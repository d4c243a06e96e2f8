// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_stream_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "support/av1/stream.h"
#include "unit/bitstream/random_source.h"

namespace daedalus::bitstream {
namespace {

using test::RandomSource;
using Bytes = std::vector<std::uint8_t>;

Av1Request view(const test::av1::Request& request) {
    return {.sequence = request.sequence,
            .frame = request.frame,
            .film_grain = &request.film_grain,
            .tiles = request.tiles,
            .bitstream = request.bitstream,
            .timestamp = request.timestamp};
}

/// One tile of four bytes over the whole frame.
test::av1::Request key_frame(std::uint64_t timestamp, bool shown) {
    test::av1::Request request;
    request.sequence.bit_depth = 8;
    request.sequence.order_hint_bits = 7;
    request.sequence.flags = V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT | V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X |
                             V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y;
    v4l2_ctrl_av1_frame& frame = request.frame;
    frame.frame_type = V4L2_AV1_KEY_FRAME;
    frame.flags = shown ? V4L2_AV1_FRAME_FLAG_SHOW_FRAME | V4L2_AV1_FRAME_FLAG_ERROR_RESILIENT_MODE
                        : V4L2_AV1_FRAME_FLAG_SHOWABLE_FRAME;
    frame.upscaled_width = 64;
    frame.frame_width_minus_1 = frame.frame_height_minus_1 = 63;
    frame.render_width_minus_1 = frame.render_height_minus_1 = 63;
    frame.superres_denom = 8;
    frame.primary_ref_frame = 7;
    frame.refresh_frame_flags = shown ? 0xff : 0x04;
    frame.tx_mode = V4L2_AV1_TX_MODE_LARGEST;
    frame.quantization.base_q_idx = 100;
    frame.tile_info.tile_cols = frame.tile_info.tile_rows = 1;
    frame.tile_info.mi_col_starts[1] = frame.tile_info.mi_row_starts[1] = 16;
    request.bitstream = {1, 2, 3, 4};
    request.tiles = {{.tile_offset = 0, .tile_size = 4, .tile_row = 0, .tile_col = 0}};
    request.timestamp = timestamp;
    return request;
}

test::av1::Request inter_frame(std::uint64_t timestamp, std::uint64_t references) {
    test::av1::Request request = key_frame(timestamp, true);
    request.frame.frame_type = V4L2_AV1_INTER_FRAME;
    request.frame.flags = V4L2_AV1_FRAME_FLAG_SHOW_FRAME;
    request.frame.primary_ref_frame = 0;
    request.frame.refresh_frame_flags = 0;
    std::ranges::fill(request.frame.reference_frame_ts, references);
    return request;
}

/// The OBU types of a temporal unit
std::vector<unsigned> types_of(std::span<const std::uint8_t> unit) {
    std::vector<unsigned> types;
    while (!unit.empty()) {
        types.push_back(unit[0] >> 3 & 15);
        test::av1::BitReader reader(unit.subspan(1));
        const auto size = static_cast<std::size_t>(reader.leb128());
        unit = unit.subspan(1 + reader.position() / 8 + size);
    }
    return types;
}

TEST(Av1StreamWriter, WritesTheSequenceHeaderWhenItChanges) {
    Av1StreamWriter writer;
    auto request = key_frame(1000, true);
    EXPECT_EQ(types_of(writer.write(view(request))->frame), (std::vector<unsigned>{2, 1, 6}));
    EXPECT_EQ(types_of(writer.write(view(request))->frame), (std::vector<unsigned>{2, 6}));
    // A decoder would lose its references for nothing.
    request.sequence.flags |= V4L2_AV1_SEQUENCE_FLAG_ENABLE_SUPERRES | V4L2_AV1_SEQUENCE_FLAG_ENABLE_CDEF |
                              V4L2_AV1_SEQUENCE_FLAG_ENABLE_WARPED_MOTION;
    request.sequence.max_frame_width_minus_1 = 4095;
    EXPECT_EQ(types_of(writer.write(view(request))->frame), (std::vector<unsigned>{2, 6}));
    request.sequence.bit_depth = 10;
    EXPECT_EQ(types_of(writer.write(view(request))->frame), (std::vector<unsigned>{2, 1, 6}));
    writer.reset();
    EXPECT_EQ(types_of(writer.write(view(request))->frame), (std::vector<unsigned>{2, 1, 6}));
}

TEST(Av1StreamWriter, ShowsAHiddenKeyFrameThatTheClientHasShown) {
    Av1StreamWriter writer;
    ASSERT_TRUE(writer.write(view(key_frame(1000, true))));
    ASSERT_TRUE(writer.write(view(key_frame(2000, false)))); // into slot 2
    auto others = inter_frame(3000, 1000);
    others.frame.reference_frame_ts[2] = 2000;
    auto unit = writer.write(view(others));
    ASSERT_TRUE(unit);
    EXPECT_TRUE(unit->reload.empty()); // not shown yet
    EXPECT_EQ(unit->stale_slots, 0);

    unit = writer.write(view(inter_frame(4000, 2000)));
    ASSERT_TRUE(unit);
    // A temporal delimiter, then a frame header with show_existing_frame and slot 2.
    EXPECT_EQ(unit->reload, (Bytes{0x12, 0x00, 0x1a, 0x01, 0xa8}));
    EXPECT_EQ(unit->stale_slots, 0);
    unit = writer.write(view(inter_frame(5000, 2000)));
    ASSERT_TRUE(unit);
    EXPECT_TRUE(unit->reload.empty()); // once is enough
}

TEST(Av1StreamWriter, DoesNotShowWhatIsNoHiddenKeyFrame) {
    Av1StreamWriter writer;
    ASSERT_TRUE(writer.write(view(key_frame(1000, true))));
    auto inter = inter_frame(2000, 1000);
    inter.frame.refresh_frame_flags = 1;
    ASSERT_TRUE(writer.write(view(inter)));
    const auto unit = writer.write(view(inter_frame(3000, 2000)));
    ASSERT_TRUE(unit);
    EXPECT_TRUE(unit->reload.empty());
}

TEST(Av1StreamWriter, NamesSlotsThatDoNotHoldWhatTheClientMeans) {
    Av1StreamWriter writer;
    auto inter = inter_frame(2000, 1000);
    inter.frame.ref_frame_idx[3] = 5;
    EXPECT_EQ(writer.write(view(inter))->stale_slots, 0x21); // none was ever filled
    ASSERT_TRUE(writer.write(view(key_frame(1000, true))));
    EXPECT_EQ(writer.write(view(inter))->stale_slots, 0);
    inter.frame.reference_frame_ts[5] = 1500;
    EXPECT_EQ(writer.write(view(inter))->stale_slots, 0x20);
    inter.frame.ref_frame_idx[3] = 0; // not referred to any more
    EXPECT_EQ(writer.write(view(inter))->stale_slots, 0);
    EXPECT_EQ(writer.write(view(key_frame(3000, true)))->stale_slots, 0);
}

TEST(Av1StreamWriter, TakesTilesByTheirEntriesAlone) {
    auto request = key_frame(0, true);
    request.frame.upscaled_width = 128;
    request.frame.frame_width_minus_1 = 127;
    request.frame.tile_info.tile_cols = 2;
    request.frame.tile_info.mi_col_starts[1] = 16;
    request.frame.tile_info.mi_col_starts[2] = 32;
    request.bitstream = {9, 9, 5, 6, 7, 9, 8, 9};
    request.tiles = {{.tile_offset = 6, .tile_size = 1, .tile_row = 0, .tile_col = 1},
                     {.tile_offset = 2, .tile_size = 3, .tile_row = 0, .tile_col = 0}};
    const auto unit = Av1StreamWriter().write(view(request));
    ASSERT_TRUE(unit);
    // tile_start_and_end_present_flag 0, tile_size_minus_1 in one byte, and the tiles in order
    const Bytes end(unit->frame.end() - 6, unit->frame.end());
    EXPECT_EQ(end, (Bytes{0, 2, 5, 6, 7, 8}));
}

TEST(Av1StreamWriter, RefusesTilesThatAreNotThere) {
    const auto error_of = [](auto&& change) {
        auto request = key_frame(0, true);
        change(request);
        const auto unit = Av1StreamWriter().write(view(request));
        return unit ? 0 : unit.error().code.value();
    };
    EXPECT_EQ(error_of([](auto&) {}), 0);
    EXPECT_EQ(error_of([](auto& r) { r.tiles.clear(); }), EBADMSG);
    EXPECT_EQ(error_of([](auto& r) { r.tiles.push_back(r.tiles[0]); }), EBADMSG);
    EXPECT_EQ(error_of([](auto& r) { r.tiles[0].tile_size = 0; }), EBADMSG);
    EXPECT_EQ(error_of([](auto& r) { r.tiles[0].tile_size = 5; }), EBADMSG);
    EXPECT_EQ(error_of([](auto& r) { r.tiles[0].tile_offset = 1; }), EBADMSG);
    EXPECT_EQ(error_of([](auto& r) { r.tiles[0].tile_offset = 0xffffffff; }), EBADMSG);
    EXPECT_EQ(error_of([](auto& r) { r.tiles[0].tile_row = 1; }), EBADMSG);
    EXPECT_EQ(error_of([](auto& r) { r.tiles[0].tile_col = 0xffffffff; }), EBADMSG);
    const auto two_tiles = [](auto& r) {
        r.frame.upscaled_width = 128;
        r.frame.tile_info.tile_cols = 2;
        r.frame.tile_info.mi_col_starts[1] = 16;
        r.tiles = {{.tile_offset = 0, .tile_size = 2, .tile_row = 0, .tile_col = 0},
                   {.tile_offset = 2, .tile_size = 2, .tile_row = 0, .tile_col = 1}};
    };
    EXPECT_EQ(error_of(two_tiles), 0);
    EXPECT_EQ(error_of([&](auto& r) {
                  two_tiles(r);
                  r.tiles[1].tile_col = 0;
              }),
              EBADMSG);
    EXPECT_EQ(error_of([&](auto& r) { // both over all of the bitstream: it would come out twice
                  two_tiles(r);
                  r.tiles[0] = {.tile_offset = 0, .tile_size = 4, .tile_row = 0, .tile_col = 0};
                  r.tiles[1] = {.tile_offset = 0, .tile_size = 4, .tile_row = 0, .tile_col = 1};
              }),
              EBADMSG);
}

TEST(Av1StreamWriter, RefusesWhatAHeaderCannotHold) {
    const auto error_of = [](auto&& change) {
        auto request = inter_frame(0, 0);
        change(request);
        const auto unit = Av1StreamWriter().write(view(request));
        return unit ? 0 : unit.error().code.value();
    };
    const auto set = [](auto& field, std::uint32_t value) { std::memcpy(&field, &value, sizeof(value)); };
    EXPECT_EQ(error_of([](auto&) {}), 0);
    EXPECT_EQ(error_of([](auto& r) { r.sequence.seq_profile = 3; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.sequence.bit_depth = 9; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.sequence.bit_depth = 12; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.sequence.order_hint_bits = 0; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.frame.order_hint = 128; }), ERANGE);
    EXPECT_EQ(error_of([&](auto& r) { set(r.frame.frame_type, 4); }), ERANGE);
    EXPECT_EQ(error_of([&](auto& r) { set(r.frame.interpolation_filter, 5); }), ERANGE);
    EXPECT_EQ(error_of([&](auto& r) { set(r.frame.tx_mode, 3); }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.frame.upscaled_width = 0; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.frame.frame_height_minus_1 = 65536; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.frame.ref_frame_idx[6] = 8; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.frame.ref_frame_idx[0] = -1; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.frame.primary_ref_frame = 8; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) {
                  r.frame.flags |= V4L2_AV1_FRAME_FLAG_USE_SUPERRES;
                  r.frame.superres_denom = 17;
              }),
              ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.frame.quantization.delta_q_y_dc = 64; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.frame.loop_filter.level[0] = 64; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.frame.cdef.bits = 4; }), ERANGE);
    EXPECT_EQ(error_of([&](auto& r) { set(r.frame.loop_restoration.frame_restoration_type[0], 4); }), ERANGE);
    EXPECT_EQ(error_of([&](auto& r) { set(r.frame.global_motion.type[1], 4); }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) {
                  r.frame.global_motion.type[1] = V4L2_AV1_WARP_MODEL_TRANSLATION;
                  r.frame.global_motion.params[1][0] = 1; // finer than the syntax
              }),
              ERANGE);
    EXPECT_EQ(error_of([](auto& r) {
                  r.frame.global_motion.type[1] = V4L2_AV1_WARP_MODEL_AFFINE;
                  r.frame.global_motion.params[1][2] = INT32_MIN;
              }),
              ERANGE);
    EXPECT_EQ(error_of([](auto& r) {
                  r.film_grain.flags = V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN;
                  r.film_grain.num_y_points = 15;
              }),
              ERANGE);
    EXPECT_EQ(error_of([](auto& r) { r.frame.tile_info.mi_col_starts[0] = 1; }), ERANGE);
    EXPECT_EQ(error_of([](auto& r) {
                  r.frame.tile_info.tile_cols = 65;
                  r.tiles.resize(65, r.tiles[0]);
                  r.bitstream.resize(65);
                  for (std::uint32_t i = 0; i < 65; ++i)
                      r.tiles[i] = {.tile_offset = i, .tile_size = 1, .tile_row = 0, .tile_col = i};
              }),
              ERANGE);
}

TEST(Av1StreamWriter, ChangesNothingWhenItRefuses) {
    Av1StreamWriter writer;
    ASSERT_TRUE(writer.write(view(key_frame(1000, true))));
    auto bad = key_frame(2000, true);
    bad.sequence.bit_depth = 10;
    bad.frame.cdef.bits = 9;
    ASSERT_FALSE(writer.write(view(bad)));
    const auto unit = writer.write(view(inter_frame(3000, 1000)));
    ASSERT_TRUE(unit);
    EXPECT_EQ(unit->stale_slots, 0);
    EXPECT_EQ(types_of(unit->frame), (std::vector<unsigned>{2, 6}));
}

/// Whatever the controls hold there is a bounded result or an error.
TEST(Av1StreamWriter, SurvivesGarbage) {
    unsigned accepted = 0;
    for (std::uint32_t seed = 0; seed < 20000; ++seed) {
        RandomSource random(seed);
        Av1StreamWriter writer;
        for (int round = 0; round < 3; ++round) {
            auto request = round == 0 ? key_frame(1000, true) : inter_frame(2000, 1000);
            // Some bytes at a time, or hardly anything would get past the first check.
            const std::span<std::uint8_t> frame(reinterpret_cast<std::uint8_t*>(&request.frame),
                                                sizeof(request.frame));
            const std::span<std::uint8_t> sequence(reinterpret_cast<std::uint8_t*>(&request.sequence),
                                                   sizeof(request.sequence));
            for (int i = random.between(0, 6); i > 0; --i)
                frame[random.between<std::size_t>(0, frame.size() - 1)] =
                    random.between<std::uint8_t>(0, 255);
            if (random.between(0, 9) == 0)
                random.fill(random.flag() ? frame : sequence);
            random.fill({reinterpret_cast<std::uint8_t*>(&request.film_grain), sizeof(request.film_grain)});
            const auto unit = writer.write(view(request));
            if (!unit)
                continue;
            ++accepted;
            EXPECT_LT(unit->frame.size(), request.bitstream.size() + 4096);
        }
    }
    EXPECT_GT(accepted, 1000U);
}

} // namespace
} // namespace daedalus::bitstream
