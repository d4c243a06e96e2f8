// SPDX-License-Identifier: BSD-2-Clause
// Any bits are a frame header, so random ones make controls that use every part of the syntax: written again
// and parsed again they must be the same controls.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <span>

#include "bitstream/av1_sequence.h"
#include "bitstream/av1_stream_writer.h"
#include "support/av1/stream.h"
#include "unit/bitstream/random_source.h"

namespace daedalus::bitstream {
namespace {

using test::RandomSource;
using test::av1::FrameHeader;
using test::av1::Request;

v4l2_ctrl_av1_sequence random_sequence(RandomSource& random) {
    v4l2_ctrl_av1_sequence sequence{};
    sequence.seq_profile = random.between<std::uint8_t>(0, 2);
    constexpr std::array<std::uint8_t, 3> depths = {8, 10, 12};
    sequence.bit_depth = depths.at(random.between<std::size_t>(0, sequence.seq_profile == 2 ? 2 : 1));
    if (random.flag()) {
        sequence.flags |= V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT;
        sequence.order_hint_bits = random.between<std::uint8_t>(1, 8);
    }
    for (const std::uint32_t flag :
         {V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK, V4L2_AV1_SEQUENCE_FLAG_ENABLE_FILTER_INTRA,
          V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTRA_EDGE_FILTER, V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTERINTRA_COMPOUND,
          V4L2_AV1_SEQUENCE_FLAG_ENABLE_MASKED_COMPOUND, V4L2_AV1_SEQUENCE_FLAG_ENABLE_DUAL_FILTER,
          V4L2_AV1_SEQUENCE_FLAG_COLOR_RANGE, V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME,
          V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X, V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y})
        sequence.flags |= random.maybe(flag);
    if (sequence.order_hint_bits > 0)
        sequence.flags |= random.maybe(V4L2_AV1_SEQUENCE_FLAG_ENABLE_JNT_COMP);
    return sequence;
}

/// What the sequence header always says, to let frames say it for themselves
constexpr std::uint32_t always_enabled =
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_WARPED_MOTION | V4L2_AV1_SEQUENCE_FLAG_ENABLE_REF_FRAME_MVS |
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_SUPERRES | V4L2_AV1_SEQUENCE_FLAG_ENABLE_CDEF |
    V4L2_AV1_SEQUENCE_FLAG_ENABLE_RESTORATION | V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT |
    V4L2_AV1_SEQUENCE_FLAG_SEPARATE_UV_DELTA_Q;

TEST(Av1SequenceHeader, HoldsEveryValidControl) {
    for (std::uint32_t seed = 0; seed < 2000; ++seed) {
        SCOPED_TRACE(seed);
        RandomSource random(seed);
        const v4l2_ctrl_av1_sequence control = random_sequence(random);
        const auto sequence = make_av1_sequence(control);
        ASSERT_TRUE(sequence) << sequence.error().message;
        const auto parsed = test::av1::parse_sequence_header(write_av1_sequence_header(*sequence));
        ASSERT_TRUE(parsed) << parsed.error();
        EXPECT_EQ(parsed->control.seq_profile, control.seq_profile);
        EXPECT_EQ(parsed->control.bit_depth, control.bit_depth);
        EXPECT_EQ(parsed->control.order_hint_bits, control.order_hint_bits);
        EXPECT_EQ(parsed->screen_content_tools, test::av1::select_per_frame);
        EXPECT_EQ(parsed->integer_mv, test::av1::select_per_frame);
        EXPECT_EQ(parsed->operating_point[0].idc, 0);
        constexpr std::uint32_t inferred = always_enabled | V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME |
                                           V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X |
                                           V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y;
        EXPECT_EQ(parsed->control.flags & ~inferred, control.flags & ~inferred);
        EXPECT_EQ(parsed->monochrome(), sequence->monochrome);
        EXPECT_EQ(parsed->has(V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X), sequence->subsampling_x);
        EXPECT_EQ(parsed->has(V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y), sequence->subsampling_y);
    }
}

/// Every field of the controls that decoding depends on, one after the other. Left out is what says how a
/// header was coded rather than what it means.
std::vector<std::int64_t> flatten(const v4l2_ctrl_av1_frame& frame, const v4l2_ctrl_av1_film_grain& grain) {
    std::vector<std::int64_t> all;
    const auto add = [&](auto... values) { (all.push_back(static_cast<std::int64_t>(values)), ...); };
    const auto add_all = [&](const auto& values) {
        for (const auto value : values)
            add(value);
    };
    const v4l2_av1_tile_info& tiles = frame.tile_info;
    add(tiles.flags, tiles.context_update_tile_id, tiles.tile_cols, tiles.tile_rows);
    add_all(std::span(tiles.mi_col_starts).first(tiles.tile_cols + 1U));
    add_all(std::span(tiles.mi_row_starts).first(tiles.tile_rows + 1U));
    const v4l2_av1_quantization& q = frame.quantization;
    add(q.flags & ~V4L2_AV1_QUANTIZATION_FLAG_DIFF_UV_DELTA, q.base_q_idx, q.delta_q_y_dc, q.delta_q_u_dc,
        q.delta_q_u_ac, q.delta_q_v_dc, q.delta_q_v_ac, q.qm_y, q.qm_u, q.qm_v, q.delta_q_res);
    add(frame.superres_denom);
    add(frame.segmentation.flags & ~V4L2_AV1_SEGMENTATION_FLAG_UPDATE_DATA,
        frame.segmentation.last_active_seg_id);
    add_all(frame.segmentation.feature_enabled);
    for (const auto& data : frame.segmentation.feature_data)
        add_all(data);
    const v4l2_av1_loop_filter& filter = frame.loop_filter;
    add(filter.flags & ~V4L2_AV1_LOOP_FILTER_FLAG_DELTA_UPDATE, filter.sharpness, filter.delta_lf_res);
    add_all(filter.level);
    if ((filter.flags & V4L2_AV1_LOOP_FILTER_FLAG_DELTA_ENABLED) != 0) {
        add_all(filter.ref_deltas);
        add_all(filter.mode_deltas);
    }
    add(frame.cdef.damping_minus_3, frame.cdef.bits);
    add_all(frame.cdef.y_pri_strength);
    add_all(frame.cdef.y_sec_strength);
    add_all(frame.cdef.uv_pri_strength);
    add_all(frame.cdef.uv_sec_strength);
    add_all(frame.skip_mode_frame);
    add(frame.primary_ref_frame);
    add(frame.loop_restoration.flags, frame.loop_restoration.lr_unit_shift,
        frame.loop_restoration.lr_uv_shift);
    add_all(frame.loop_restoration.frame_restoration_type);
    add_all(frame.loop_restoration.loop_restoration_size);
    add_all(frame.global_motion.flags);
    add_all(frame.global_motion.type);
    for (const auto& params : frame.global_motion.params)
        add_all(params);
    add(frame.flags &
        ~(V4L2_AV1_FRAME_FLAG_FRAME_SIZE_OVERRIDE | V4L2_AV1_FRAME_FLAG_FRAME_REFS_SHORT_SIGNALING));
    add(frame.frame_type, frame.order_hint, frame.upscaled_width, frame.interpolation_filter, frame.tx_mode,
        frame.frame_width_minus_1, frame.frame_height_minus_1, frame.render_width_minus_1,
        frame.render_height_minus_1, frame.refresh_frame_flags);
    add_all(frame.order_hints);
    add_all(frame.ref_frame_idx);

    add(grain.flags & ~V4L2_AV1_FILM_GRAIN_FLAG_UPDATE_GRAIN);
    if ((grain.flags & V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN) == 0)
        return all;
    add(grain.grain_seed, grain.num_y_points, grain.num_cb_points, grain.num_cr_points,
        grain.grain_scaling_minus_8, grain.ar_coeff_lag, grain.ar_coeff_shift_minus_6,
        grain.grain_scale_shift, grain.cb_mult, grain.cb_luma_mult, grain.cb_offset, grain.cr_mult,
        grain.cr_luma_mult, grain.cr_offset);
    add_all(grain.point_y_value);
    add_all(grain.point_y_scaling);
    add_all(grain.point_cb_value);
    add_all(grain.point_cb_scaling);
    add_all(grain.point_cr_value);
    add_all(grain.point_cr_scaling);
    add_all(grain.ar_coeffs_y_plus_128);
    add_all(grain.ar_coeffs_cb_plus_128);
    add_all(grain.ar_coeffs_cr_plus_128);
    return all;
}

/// Random bits hardly ever are points in rising order, as they have to be.
void repair_points(v4l2_ctrl_av1_film_grain& grain) {
    const auto repair = [](std::uint8_t& count, std::uint8_t most, std::span<std::uint8_t> values,
                           std::span<std::uint8_t> scalings) {
        count = std::min(count, most);
        for (std::size_t i = 0; i < values.size(); ++i) {
            values[i] = i < count ? static_cast<std::uint8_t>(i * 17) : 0;
            scalings[i] = i < count ? scalings[i] : 0;
        }
    };
    repair(grain.num_y_points, 14, grain.point_y_value, grain.point_y_scaling);
    repair(grain.num_cb_points, 10, grain.point_cb_value, grain.point_cb_scaling);
    repair(grain.num_cr_points, 10, grain.point_cr_value, grain.point_cr_scaling);
}

/// A stream of frames with random headers, all of one sequence.
class RandomStream {
  public:
    explicit RandomStream(std::uint32_t seed) : random_(seed) {
        sequence_ = *test::av1::parse_sequence_header(
            write_av1_sequence_header(*make_av1_sequence(random_sequence(random_))));
    }

    /// The next request; nothing if the bits ran out.
    std::optional<Request> next() {
        std::vector<std::uint8_t> bits(4096);
        random_.fill(bits);
        // Not show_existing_frame; first a shown key frame, which fills all slots.
        bits[0] = static_cast<std::uint8_t>(frames_ == 0 ? 0x10 : bits[0] & 0x7f);
        test::av1::BitReader reader(bits);
        auto header = test::av1::parse_frame_header(reader, sequence_, slots_, {});
        if (!header)
            return std::nullopt;
        // Super-resolution that changes nothing: decoders don't agree what that means.
        if (header->has(V4L2_AV1_FRAME_FLAG_USE_SUPERRES) && header->control.upscaled_width <= 16)
            return std::nullopt;
        if (!tiles_cover_frame(header->control.tile_info) || (!header->intra() && !has_true_hints(*header)))
            return std::nullopt;
        repair_points(header->film_grain);
        header->control.tile_info.context_update_tile_id %= header->tiles();
        ++frames_;
        const std::uint64_t timestamp = frames_ * 1000;
        Request request;
        request.sequence = sequence_.control;
        request.frame = header->control;
        request.film_grain = header->film_grain;
        request.timestamp = timestamp;
        std::ranges::copy(timestamps_, request.frame.reference_frame_ts);
        add_tiles(request, *header);
        for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
            if ((header->control.refresh_frame_flags >> slot & 1) == 0)
                continue;
            slots_[slot] = {.valid = true, .header = *header};
            timestamps_[slot] = timestamp;
        }
        return request;
    }

  private:
    /// 64 tiles in a direction may be too few for a frame this size, if random ones are small.
    bool tiles_cover_frame(const v4l2_av1_tile_info& tiles) const {
        const unsigned superblock = sequence_.has(V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK) ? 32 : 16;
        const auto covered = [&](std::span<const __u32> starts, std::span<const __u32> sizes,
                                 unsigned count) {
            return starts[count - 1] + (sizes[count - 1] + 1) * superblock >= starts[count];
        };
        return covered(tiles.mi_col_starts, tiles.width_in_sbs_minus_1, tiles.tile_cols) &&
               covered(tiles.mi_row_starts, tiles.height_in_sbs_minus_1, tiles.tile_rows);
    }

    /// ref_order_hint of error resilient frames may name frames that were lost. Random ones all do.
    bool has_true_hints(const FrameHeader& header) const {
        for (std::size_t i = 0; i < V4L2_AV1_REFS_PER_FRAME; ++i)
            if (header.control.order_hints[V4L2_AV1_REF_LAST_FRAME + i] !=
                slots_.at(header.control.ref_frame_idx[i]).header.control.order_hint)
                return false;
        return true;
    }

    static void add_tiles(Request& request, const FrameHeader& header) {
        for (unsigned tile = 0; tile < header.tiles(); ++tile) {
            request.tiles.push_back({.tile_offset = tile,
                                     .tile_size = 1,
                                     .tile_row = tile / header.control.tile_info.tile_cols,
                                     .tile_col = tile % header.control.tile_info.tile_cols});
            request.bitstream.push_back(static_cast<std::uint8_t>(tile));
        }
    }

    RandomSource random_;
    test::av1::SequenceHeader sequence_;
    test::av1::Slots slots_;
    std::array<std::uint64_t, V4L2_AV1_TOTAL_REFS_PER_FRAME> timestamps_{};
    std::uint64_t frames_ = 0;
};

TEST(Av1FrameHeader, HoldsEveryValidControl) {
    unsigned compared = 0;
    unsigned inter = 0;
    unsigned grainy = 0;
    for (std::uint32_t seed = 0; seed < 1500; ++seed) {
        SCOPED_TRACE(seed);
        RandomStream stream(seed);
        Av1StreamWriter writer;
        test::av1::StreamParser parser;
        for (int i = 0; i < 12; ++i) {
            const auto request = stream.next();
            if (!request)
                continue;
            const auto unit = writer.write({.sequence = request->sequence,
                                            .frame = request->frame,
                                            .film_grain = &request->film_grain,
                                            .tiles = request->tiles,
                                            .bitstream = request->bitstream,
                                            .timestamp = request->timestamp});
            ASSERT_TRUE(unit) << unit.error().message;
            EXPECT_EQ(unit->stale_slots, 0);
            const auto events = parser.parse(unit->frame);
            ASSERT_TRUE(events) << events.error();
            ASSERT_EQ(events->size(), 1U);
            const Request& parsed = *events->front().request;
            ASSERT_EQ(flatten(parsed.frame, parsed.film_grain), flatten(request->frame, request->film_grain));
            ASSERT_EQ(parsed.tiles.size(), request->tiles.size());
            for (std::size_t tile = 0; tile < parsed.tiles.size(); ++tile)
                ASSERT_EQ(parsed.bitstream.at(parsed.tiles[tile].tile_offset), request->bitstream[tile]);
            ++compared;
            inter += request->frame.frame_type == V4L2_AV1_INTER_FRAME ? 1 : 0;
            grainy += (request->film_grain.flags & V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN) != 0 ? 1 : 0;
        }
    }
    EXPECT_GT(inter, 1000U);
    EXPECT_GT(grainy, 1000U);
    std::cout << compared << " random frame headers, " << inter << " of inter frames, " << grainy
              << " with film grain\n";
}

} // namespace
} // namespace daedalus::bitstream
