// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/h264_parameter_sets.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>

#include "support/h264/bit_reader.h"
#include "support/h264/nal_unit.h"
#include "support/h264/parameter_sets.h"
#include "unit/bitstream/random_source.h"

namespace daedalus::bitstream {
namespace {

using test::RandomSource;

struct Controls {
    v4l2_ctrl_h264_sps sps{};
    v4l2_ctrl_h264_pps pps{};
    v4l2_ctrl_h264_scaling_matrix matrix{};
};

struct Parsed {
    test::h264::Sps sps;
    test::h264::Pps pps;
};

/// Both parameter sets of `bytes`, if that is what there is.
std::optional<Parsed> parse(const std::vector<std::uint8_t>& bytes) {
    const auto units = test::h264::split_nal_units(bytes);
    if (units.size() != 2 || units[0].type != test::h264::NalType::sps ||
        units[1].type != test::h264::NalType::pps)
        return std::nullopt;
    const auto sps = test::h264::parse_sps(test::h264::to_rbsp(units[0].payload()));
    if (!sps)
        return std::nullopt;
    const auto pps = test::h264::parse_pps(test::h264::to_rbsp(units[1].payload()), *sps);
    if (!pps)
        return std::nullopt;
    return Parsed{*sps, *pps};
}

/// The same, where there must be some.
Parsed parsed_of(const std::expected<std::vector<std::uint8_t>, util::Error>& bytes) {
    EXPECT_TRUE(bytes.has_value());
    const std::optional<Parsed> parsed = bytes ? parse(*bytes) : std::nullopt;
    EXPECT_TRUE(parsed.has_value());
    return parsed.value_or(Parsed{});
}

Controls simple_controls() {
    Controls controls;
    controls.sps.profile_idc = 100;
    controls.sps.level_idc = 40;
    controls.sps.chroma_format_idc = 1;
    controls.sps.max_num_ref_frames = 4;
    controls.sps.pic_width_in_mbs_minus1 = 119;
    controls.sps.pic_height_in_map_units_minus1 = 67;
    controls.sps.flags = V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY | V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE;
    for (auto& list : controls.matrix.scaling_list_4x4)
        std::memset(list, 16, sizeof(list));
    for (auto& list : controls.matrix.scaling_list_8x8)
        std::memset(list, 16, sizeof(list));
    return controls;
}

Controls random_controls(RandomSource& random) {
    Controls controls;
    v4l2_ctrl_h264_sps& sps = controls.sps;
    constexpr std::uint8_t profiles[] = {66, 77, 88, 100, 110, 122, 244};
    sps.profile_idc = profiles[random.between(0, 6)];
    sps.constraint_set_flags = random.between<std::uint8_t>(0, 63);
    sps.level_idc = random.between<std::uint8_t>(9, 62);
    sps.seq_parameter_set_id = random.between<std::uint8_t>(0, 31);
    const bool high = sps.profile_idc >= 100;
    sps.chroma_format_idc = high ? random.between<std::uint8_t>(0, 3) : 1;
    if (high) {
        sps.bit_depth_luma_minus8 = random.between<std::uint8_t>(0, 6);
        const auto chroma_depth = random.between<std::uint8_t>(0, 6);
        sps.bit_depth_chroma_minus8 = sps.chroma_format_idc == 0 ? sps.bit_depth_luma_minus8 : chroma_depth;
        sps.flags |= random.maybe(V4L2_H264_SPS_FLAG_QPPRIME_Y_ZERO_TRANSFORM_BYPASS);
        if (sps.chroma_format_idc == 3)
            sps.flags |= random.maybe(V4L2_H264_SPS_FLAG_SEPARATE_COLOUR_PLANE);
    }
    sps.log2_max_frame_num_minus4 = random.between<std::uint8_t>(0, 12);
    sps.pic_order_cnt_type = random.between<std::uint8_t>(0, 2);
    if (sps.pic_order_cnt_type == 0)
        sps.log2_max_pic_order_cnt_lsb_minus4 = random.between<std::uint8_t>(0, 12);
    if (sps.pic_order_cnt_type == 1) {
        constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
        sps.flags |= random.maybe(V4L2_H264_SPS_FLAG_DELTA_PIC_ORDER_ALWAYS_ZERO);
        sps.offset_for_non_ref_pic = random.between<std::int32_t>(-most, most);
        sps.offset_for_top_to_bottom_field = random.between<std::int32_t>(-most, most);
        sps.num_ref_frames_in_pic_order_cnt_cycle = random.between<std::uint8_t>(0, 255);
        for (int i = 0; i < sps.num_ref_frames_in_pic_order_cnt_cycle; ++i)
            sps.offset_for_ref_frame[i] = random.between<std::int32_t>(-most, most);
    }
    sps.max_num_ref_frames = random.between<std::uint8_t>(0, 16);
    sps.pic_width_in_mbs_minus1 = random.between<std::uint16_t>(0, 511);
    sps.pic_height_in_map_units_minus1 = random.between<std::uint16_t>(0, 511);
    sps.flags |= random.maybe(V4L2_H264_SPS_FLAG_GAPS_IN_FRAME_NUM_VALUE_ALLOWED);
    sps.flags |= random.maybe(V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY);
    sps.flags |= random.maybe(V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE);
    if ((sps.flags & V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY) == 0) {
        sps.flags |= random.maybe(V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD);
        sps.flags |= V4L2_H264_SPS_FLAG_DIRECT_8X8_INFERENCE; // 7.4.2.1.1
    }

    v4l2_ctrl_h264_pps& pps = controls.pps;
    pps.pic_parameter_set_id = random.between<std::uint8_t>(0, 255);
    pps.seq_parameter_set_id = sps.seq_parameter_set_id;
    pps.num_ref_idx_l0_default_active_minus1 = random.between<std::uint8_t>(0, 31);
    pps.num_ref_idx_l1_default_active_minus1 = random.between<std::uint8_t>(0, 31);
    pps.weighted_bipred_idc = random.between<std::uint8_t>(0, 2);
    pps.pic_init_qp_minus26 = random.between<std::int8_t>(-26 - 6 * sps.bit_depth_luma_minus8, 25);
    pps.pic_init_qs_minus26 = random.between<std::int8_t>(-26, 25);
    pps.chroma_qp_index_offset = random.between<std::int8_t>(-12, 12);
    pps.second_chroma_qp_index_offset =
        high ? random.between<std::int8_t>(-12, 12) : pps.chroma_qp_index_offset;
    for (const std::uint32_t flag :
         {V4L2_H264_PPS_FLAG_ENTROPY_CODING_MODE, V4L2_H264_PPS_FLAG_BOTTOM_FIELD_PIC_ORDER_IN_FRAME_PRESENT,
          V4L2_H264_PPS_FLAG_WEIGHTED_PRED, V4L2_H264_PPS_FLAG_DEBLOCKING_FILTER_CONTROL_PRESENT,
          V4L2_H264_PPS_FLAG_CONSTRAINED_INTRA_PRED, V4L2_H264_PPS_FLAG_REDUNDANT_PIC_CNT_PRESENT})
        pps.flags |= static_cast<std::uint16_t>(random.maybe(flag));
    if (high)
        pps.flags |= static_cast<std::uint16_t>(random.maybe(V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE));
    for (auto& list : controls.matrix.scaling_list_4x4)
        for (std::uint8_t& entry : list)
            entry = random.between<std::uint8_t>(1, 255);
    for (auto& list : controls.matrix.scaling_list_8x8)
        for (std::uint8_t& entry : list)
            entry = random.between<std::uint8_t>(1, 255);
    return controls;
}

template <typename Control>
bool same(const Control& a, const Control& b) {
    return std::memcmp(&a, &b, sizeof(a)) == 0; // neither control has padding
}

TEST(H264ParameterSets, HoldEveryValidControl) {
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        SCOPED_TRACE(seed);
        RandomSource random(seed);
        const Controls controls = random_controls(random);
        const bool lists = controls.sps.profile_idc >= 100 && random.flag();
        const auto bytes =
            h264_parameter_sets(controls.sps, controls.pps, lists ? &controls.matrix : nullptr);
        ASSERT_TRUE(bytes) << bytes.error().message;
        EXPECT_LT(bytes->size(), 5U * 1024);
        const Parsed parsed = parsed_of(bytes);
        EXPECT_TRUE(same(parsed.sps.control, controls.sps));
        v4l2_ctrl_h264_pps expected = controls.pps;
        if (lists)
            expected.flags |= V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT;
        EXPECT_TRUE(same(parsed.pps.control, expected));
        ASSERT_EQ(parsed.pps.scaling_matrix_present, lists);
        if (lists) {
            const bool transform_8x8 = (controls.pps.flags & V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE) != 0;
            const unsigned used = !transform_8x8 ? 0 : controls.sps.chroma_format_idc == 3 ? 6 : 2;
            const auto matrix = test::h264::to_scaling_matrix(parsed.pps.scaling_lists, used);
            EXPECT_EQ(std::memcmp(matrix.scaling_list_4x4, controls.matrix.scaling_list_4x4,
                                  sizeof(matrix.scaling_list_4x4)),
                      0);
            EXPECT_EQ(std::memcmp(matrix.scaling_list_8x8, controls.matrix.scaling_list_8x8,
                                  std::size_t{used} * 64),
                      0);
        }
    }
}

TEST(H264ParameterSets, ApplyListsThatAreNotFlatWithoutTheFlag) {
    Controls controls = simple_controls();
    controls.matrix.scaling_list_4x4[3][1] = 20; // to the right of the first
    const auto bytes = h264_parameter_sets(controls.sps, controls.pps, &controls.matrix);
    ASSERT_TRUE(bytes);
    const Parsed parsed = parsed_of(bytes);
    EXPECT_TRUE(parsed.pps.scaling_matrix_present);
    EXPECT_EQ(parsed.pps.scaling_lists.lists4x4[3][1], 20);
    EXPECT_EQ(parsed.pps.scaling_lists.lists4x4[3][2], 16); // below it, in zig-zag order
}

TEST(H264ParameterSets, HaveNoListsWhenTheyAreFlatOrWereNeverSent) {
    Controls controls = simple_controls();
    controls.pps.flags = V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE | V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT;
    const v4l2_ctrl_h264_scaling_matrix zeros{};
    const auto none = h264_parameter_sets(controls.sps, controls.pps, nullptr);
    const auto flat = h264_parameter_sets(controls.sps, controls.pps, &controls.matrix);
    const auto zero = h264_parameter_sets(controls.sps, controls.pps, &zeros);
    ASSERT_TRUE(none && flat && zero);
    EXPECT_EQ(*none, *flat);
    EXPECT_EQ(*none, *zero);
    EXPECT_FALSE(parsed_of(none).pps.scaling_matrix_present);
}

TEST(H264ParameterSets, IgnoreListsThatThePictureDoesNotUse) {
    Controls controls = simple_controls();
    std::memset(controls.matrix.scaling_list_8x8[2], 0,
                std::size_t{4} * 64); // chroma, left empty by clients for 4:2:0
    controls.matrix.scaling_list_8x8[0][5] = 30;
    const auto without = h264_parameter_sets(controls.sps, controls.pps, &controls.matrix);
    ASSERT_TRUE(without);
    EXPECT_FALSE(parsed_of(without).pps.scaling_matrix_present);
    controls.pps.flags = V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE;
    const auto with = h264_parameter_sets(controls.sps, controls.pps, &controls.matrix);
    ASSERT_TRUE(with);
    EXPECT_TRUE(parsed_of(with).pps.scaling_matrix_present);
}

/// libavcodec does not look for 8x8 transforms in a Baseline PPS; some clients only know that it decodes.
TEST(H264ParameterSets, ChooseAProfileThatCanSayIt) {
    Controls controls = simple_controls();
    controls.sps.profile_idc = 66;
    controls.sps.constraint_set_flags = 3;
    auto bytes = h264_parameter_sets(controls.sps, controls.pps, nullptr);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(parsed_of(bytes).sps.control.profile_idc, 66);
    EXPECT_EQ(parsed_of(bytes).sps.control.constraint_set_flags, 3);

    controls.pps.flags = V4L2_H264_PPS_FLAG_TRANSFORM_8X8_MODE;
    bytes = h264_parameter_sets(controls.sps, controls.pps, nullptr);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(parsed_of(bytes).sps.control.profile_idc, 100);

    controls.sps.bit_depth_luma_minus8 = controls.sps.bit_depth_chroma_minus8 = 2;
    bytes = h264_parameter_sets(controls.sps, controls.pps, nullptr);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(parsed_of(bytes).sps.control.profile_idc, 244);
    EXPECT_EQ(parsed_of(bytes).sps.control.bit_depth_luma_minus8, 2);
}

TEST(H264ParameterSets, InferChromaWhereTheProfileDoes) {
    Controls controls = simple_controls();
    controls.sps.profile_idc = 77;
    controls.sps.chroma_format_idc = 0;
    const auto bytes = h264_parameter_sets(controls.sps, controls.pps, nullptr);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(parsed_of(bytes).sps.control.chroma_format_idc, 1);
}

/// Of what there is none clients may say anything; libavcodec wants both depths alike.
TEST(H264ParameterSets, GiveGreyPicturesOneDepth) {
    Controls controls = simple_controls();
    controls.sps.profile_idc = 110;
    controls.sps.chroma_format_idc = 0;
    controls.sps.bit_depth_luma_minus8 = 2;
    const auto bytes = h264_parameter_sets(controls.sps, controls.pps, nullptr);
    ASSERT_TRUE(bytes);
    EXPECT_EQ(parsed_of(bytes).sps.control.chroma_format_idc, 0);
    EXPECT_EQ(parsed_of(bytes).sps.control.bit_depth_luma_minus8, 2);
    EXPECT_EQ(parsed_of(bytes).sps.control.bit_depth_chroma_minus8, 2);
}

TEST(H264ParameterSets, RefuseWhatTheyCannotHold) {
    const auto error_of = [](auto&& change) {
        Controls controls = simple_controls();
        change(controls);
        const auto bytes = h264_parameter_sets(controls.sps, controls.pps, &controls.matrix);
        return bytes ? 0 : bytes.error().code.value();
    };
    EXPECT_EQ(error_of([](Controls&) {}), 0);
    EXPECT_EQ(error_of([](Controls& c) { c.pps.num_slice_groups_minus1 = 1; }), EOPNOTSUPP);
    EXPECT_EQ(error_of([](Controls& c) { c.sps.seq_parameter_set_id = 32; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sps.chroma_format_idc = 4; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sps.bit_depth_luma_minus8 = 7; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sps.bit_depth_chroma_minus8 = 7; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sps.log2_max_frame_num_minus4 = 13; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sps.pic_order_cnt_type = 3; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sps.log2_max_pic_order_cnt_lsb_minus4 = 13; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sps.max_num_ref_frames = 17; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) {
                  c.sps.pic_order_cnt_type = 1;
                  c.sps.num_ref_frames_in_pic_order_cnt_cycle = 255;
                  c.sps.offset_for_ref_frame[254] = std::numeric_limits<std::int32_t>::min();
              }),
              ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.pps.seq_parameter_set_id = 32; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.pps.num_ref_idx_l0_default_active_minus1 = 32; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.pps.weighted_bipred_idc = 3; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.pps.pic_init_qp_minus26 = 26; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.pps.chroma_qp_index_offset = -13; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.matrix.scaling_list_4x4[0][7] = 0; }), ERANGE);
}

TEST(H264ParameterSets, NameTheFieldAndItsRange) {
    Controls controls = simple_controls();
    controls.sps.max_num_ref_frames = 40;
    const auto bytes = h264_parameter_sets(controls.sps, controls.pps, nullptr);
    ASSERT_FALSE(bytes);
    EXPECT_EQ(bytes.error().message, "H.264 controls: max_num_ref_frames is 40, not in 0..16");
}

/// Whatever the controls hold there are two whole parameter sets or an error.
TEST(H264ParameterSets, SurviveGarbage) {
    unsigned accepted = 0;
    for (std::uint32_t seed = 0; seed < 20000; ++seed) {
        RandomSource random(seed);
        Controls controls = random_controls(random);
        // One byte of each at a time, or hardly anything would get past the first check.
        auto* sps = reinterpret_cast<std::uint8_t*>(&controls.sps);
        auto* pps = reinterpret_cast<std::uint8_t*>(&controls.pps);
        sps[random.between<std::size_t>(0, sizeof(controls.sps) - 1)] = random.between<std::uint8_t>(0, 255);
        pps[random.between<std::size_t>(0, sizeof(controls.pps) - 1)] = random.between<std::uint8_t>(0, 255);
        const auto matrix = random.garbage<v4l2_ctrl_h264_scaling_matrix>();
        const auto bytes = h264_parameter_sets(controls.sps, controls.pps, &matrix);
        if (!bytes)
            continue;
        ++accepted;
        EXPECT_EQ(test::h264::split_nal_units(*bytes).size(), 2U);
        EXPECT_LT(bytes->size(), 5U * 1024);
    }
    EXPECT_GT(accepted, 1000U);
}

} // namespace
} // namespace daedalus::bitstream
