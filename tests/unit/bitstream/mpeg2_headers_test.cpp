// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/mpeg2_headers.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstring>
#include <optional>

#include "bitstream/bit_writer.h"
#include "support/mpeg2/stream.h"
#include "unit/bitstream/av_decoder.h"
#include "unit/bitstream/random_source.h"

namespace daedalus::bitstream {
namespace {

using test::RandomSource;
using Bytes = std::vector<std::uint8_t>;

struct Controls {
    v4l2_ctrl_mpeg2_sequence sequence{};
    v4l2_ctrl_mpeg2_picture picture{};
    v4l2_ctrl_mpeg2_quantisation quantisation{};
};

/// Any but the multiples of 4096, which MPEG-2 does not have.
std::uint16_t random_size(RandomSource& random) {
    return static_cast<std::uint16_t>(random.between(1, 4095) + 4096 * random.between(0, 3));
}

Controls random_controls(RandomSource& random) {
    Controls controls;
    controls.sequence.horizontal_size = random_size(random);
    controls.sequence.vertical_size = random_size(random);
    controls.sequence.vbv_buffer_size = random.between<std::uint32_t>(0, (1 << 18) - 1);
    controls.sequence.profile_and_level_indication = random.between<std::uint16_t>(0, 255);
    controls.sequence.chroma_format = random.between<std::uint8_t>(1, 3);
    controls.sequence.flags = static_cast<std::uint8_t>(random.maybe(V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE));
    controls.picture.picture_coding_type = random.between<std::uint8_t>(1, 3);
    controls.picture.picture_structure = random.between<std::uint8_t>(1, 3);
    controls.picture.intra_dc_precision = random.between<std::uint8_t>(0, 3);
    controls.picture.flags = random.between<std::uint32_t>(0, 255); // every flag there is
    for (auto& direction : controls.picture.f_code)
        for (std::uint8_t& f_code : direction)
            f_code = random.between<std::uint8_t>(0, 15);
    for (auto* matrix :
         {controls.quantisation.intra_quantiser_matrix, controls.quantisation.non_intra_quantiser_matrix,
          controls.quantisation.chroma_intra_quantiser_matrix,
          controls.quantisation.chroma_non_intra_quantiser_matrix})
        for (int i = 0; i < 64; ++i)
            matrix[i] = random.between<std::uint8_t>(1, 255);
    return controls;
}

/// A slice of one byte, so that the parser has a picture.
const Bytes some_slice = {0, 0, 1, 1, 0x40};

template <typename Control>
bool same(const Control& a, const Control& b) {
    return std::memcmp(&a, &b, sizeof(a)) == 0;
}

TEST(Mpeg2Headers, HoldEveryValidControl) {
    for (std::uint32_t seed = 0; seed < 3000; ++seed) {
        SCOPED_TRACE(seed);
        RandomSource random(seed);
        Controls controls = random_controls(random);
        const auto sequence = mpeg2_sequence_headers(controls.sequence);
        const auto picture =
            mpeg2_picture_headers(controls.sequence, controls.picture, &controls.quantisation);
        ASSERT_TRUE(sequence) << sequence.error().message;
        ASSERT_TRUE(picture) << picture.error().message;
        Bytes stream = *sequence;
        stream.insert(stream.end(), picture->begin(), picture->end());
        stream.insert(stream.end(), some_slice.begin(), some_slice.end());
        const auto parsed = test::mpeg2::parse_stream(stream);
        ASSERT_TRUE(parsed) << parsed.error();
        ASSERT_EQ(parsed->size(), 1U);
        EXPECT_TRUE(same(parsed->front().sequence, controls.sequence));
        controls.picture.forward_ref_ts = parsed->front().picture.forward_ref_ts;
        controls.picture.backward_ref_ts = parsed->front().picture.backward_ref_ts;
        EXPECT_TRUE(same(parsed->front().picture, controls.picture));
        if (controls.sequence.chroma_format == 1) { // 4:2:0 has one matrix for all planes
            std::memcpy(controls.quantisation.chroma_intra_quantiser_matrix,
                        controls.quantisation.intra_quantiser_matrix, 64);
            std::memcpy(controls.quantisation.chroma_non_intra_quantiser_matrix,
                        controls.quantisation.non_intra_quantiser_matrix, 64);
        }
        EXPECT_TRUE(same(parsed->front().quantisation, controls.quantisation));
    }
}

/// 6.2.2.1, 6.2.2.3 and 6.2.2.6 of H.262, bit by bit
TEST(Mpeg2Headers, WriteWhatNoControlHoldsAsDocumented) {
    v4l2_ctrl_mpeg2_sequence sequence{};
    sequence.horizontal_size = 0x1234;
    sequence.vertical_size = 0x2345;
    sequence.vbv_buffer_size = 0x1ffff;
    sequence.profile_and_level_indication = 0x48;
    sequence.chroma_format = 1;
    sequence.flags = V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE;
    const Bytes expected = {0, 0, 1, 0xb3, 0x23, 0x43, 0x45, 0x13, 0xff, 0xff, 0xff, 0xf8, //
                            0, 0, 1, 0xb5, 0x14, 0x8a, 0xdf, 0xff, 0x7f, 0x80,             //
                            0, 0, 1, 0xb8, 0x00, 0x08, 0x00, 0x40};
    EXPECT_EQ(*mpeg2_sequence_headers(sequence), expected);
}

TEST(Mpeg2Headers, LeaveMatricesThatWereNeverSentAtTheirDefaults) {
    RandomSource random(1);
    const Controls controls = random_controls(random);
    const v4l2_ctrl_mpeg2_quantisation zeros{};
    const auto none = mpeg2_picture_headers(controls.sequence, controls.picture, nullptr);
    const auto zero = mpeg2_picture_headers(controls.sequence, controls.picture, &zeros);
    ASSERT_TRUE(none && zero);
    for (const auto& headers : {*none, *zero}) {
        Bytes stream = *mpeg2_sequence_headers(controls.sequence);
        stream.insert(stream.end(), headers.begin(), headers.end());
        stream.insert(stream.end(), some_slice.begin(), some_slice.end());
        const auto parsed = test::mpeg2::parse_stream(stream);
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->front().quantisation.intra_quantiser_matrix[63], 83);
        EXPECT_EQ(parsed->front().quantisation.non_intra_quantiser_matrix[63], 16);
    }
}

TEST(Mpeg2Headers, RefuseWhatTheyCannotHold) {
    const auto error_of = [](auto&& change) {
        RandomSource random(2);
        Controls controls = random_controls(random);
        change(controls);
        const auto sequence = mpeg2_sequence_headers(controls.sequence);
        const auto picture =
            mpeg2_picture_headers(controls.sequence, controls.picture, &controls.quantisation);
        if (!sequence)
            return sequence.error().code.value();
        return picture ? 0 : picture.error().code.value();
    };
    EXPECT_EQ(error_of([](Controls&) {}), 0);
    EXPECT_EQ(error_of([](Controls& c) { c.sequence.horizontal_size = 0; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sequence.vertical_size = 16384; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sequence.horizontal_size = 4096; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sequence.vertical_size = 8192; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sequence.chroma_format = 0; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.sequence.profile_and_level_indication = 256; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.picture.picture_coding_type = V4L2_MPEG2_PIC_CODING_TYPE_D; }),
              EOPNOTSUPP);
    EXPECT_EQ(error_of([](Controls& c) { c.picture.picture_coding_type = 0; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.picture.picture_structure = 0; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.picture.intra_dc_precision = 4; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.picture.f_code[1][1] = 16; }), ERANGE);
    EXPECT_EQ(error_of([](Controls& c) { c.quantisation.intra_quantiser_matrix[9] = 0; }), ERANGE);
}

TEST(Mpeg2Headers, SurviveGarbage) {
    for (std::uint32_t seed = 0; seed < 5000; ++seed) {
        RandomSource random(seed);
        Controls controls = random_controls(random);
        if (random.flag())
            controls.sequence = random.garbage<v4l2_ctrl_mpeg2_sequence>();
        if (random.flag())
            controls.picture = random.garbage<v4l2_ctrl_mpeg2_picture>();
        const auto quantisation = random.garbage<v4l2_ctrl_mpeg2_quantisation>();
        if (const auto bytes = mpeg2_sequence_headers(controls.sequence)) {
            EXPECT_LT(bytes->size(), 64U);
        }
        if (const auto bytes = mpeg2_picture_headers(controls.sequence, controls.picture, &quantisation)) {
            EXPECT_LT(bytes->size(), 512U);
        }
    }
}

/// A field picture, 32x32 as a frame, of intra macroblocks that are all of one brightness.
struct FlatField {
    std::uint8_t structure;
    unsigned step; // how far from grey, 1..15 in units of 8
};

Bytes write_slices(const FlatField& field) {
    BitWriter writer;
    writer.bits(0x000101, 32); // the only row of macroblocks in a field of 16 lines
    writer.bits(4, 5);         // quantiser_scale_code
    writer.flag(false);        // extra_bit_slice
    for (unsigned macroblock = 0; macroblock < 2; ++macroblock) {
        writer.flag(true); // macroblock_address_increment 1
        writer.flag(true); // macroblock_type: intra
        for (unsigned block = 0; block < 6; ++block) {
            if (block == 0 && macroblock == 0) {
                writer.bits(0b110, 3); // dct_dc_size_luminance 4 (Table B-12)
                writer.bits(field.step, 4);
            } else if (block < 4) {
                writer.bits(0b100, 3); // size 0: as the block before
            } else {
                writer.bits(0b00, 2); // dct_dc_size_chrominance 0
            }
            writer.bits(0b10, 2); // end of block (Table B-14)
        }
    }
    return writer.take();
}

/// libavcodec pairs the fields of a frame only if nothing but a picture header comes between them.
TEST(Mpeg2Headers, KeepTheFieldsOfAFrameTogether) {
    v4l2_ctrl_mpeg2_sequence sequence{};
    sequence.horizontal_size = sequence.vertical_size = 32;
    sequence.profile_and_level_indication = 0x48;
    sequence.chroma_format = 1;
    test::AvDecoder pairs(AV_CODEC_ID_MPEG2VIDEO);
    test::AvDecoder other_second(AV_CODEC_ID_MPEG2VIDEO);
    constexpr unsigned frames = 3;
    for (unsigned frame = 0; frame < frames; ++frame) {
        for (const bool second : {false, true}) {
            v4l2_ctrl_mpeg2_picture picture{};
            picture.picture_coding_type = V4L2_MPEG2_PIC_CODING_TYPE_I;
            picture.picture_structure = second ? V4L2_MPEG2_PIC_BOTTOM_FIELD : V4L2_MPEG2_PIC_TOP_FIELD;
            std::memset(picture.f_code, 15, sizeof(picture.f_code));
            const auto headers = mpeg2_picture_headers(sequence, picture, nullptr);
            ASSERT_TRUE(headers);
            Bytes data = frame == 0 && !second ? *mpeg2_sequence_headers(sequence) : Bytes();
            data.insert(data.end(), headers->begin(), headers->end());
            Bytes other = data;
            const auto append = [](Bytes& to, const Bytes& from) {
                to.insert(to.end(), from.begin(), from.end());
            };
            append(data, write_slices({picture.picture_structure, 8 + frame}));
            append(other, write_slices({picture.picture_structure, second ? 15U : 8 + frame}));
            pairs.decode(data);
            other_second.decode(other);
        }
    }
    const auto decoded = pairs.finish();
    const auto others = other_second.finish();
    ASSERT_EQ(decoded.size(), frames); // buffers, not fields
    ASSERT_EQ(others.size(), frames);
    EXPECT_NE(decoded[0], decoded[1]); // brightness comes from the slices
    for (unsigned frame = 0; frame < frames; ++frame)
        EXPECT_NE(decoded[frame], others[frame]); // and the second field counts
}

} // namespace
} // namespace daedalus::bitstream
