// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/bit_writer.h"

#include <gtest/gtest.h>

#include <limits>

#include "bitstream/nal_unit.h"
#include "support/h264/bit_reader.h"
#include "support/h264/nal_unit.h"
#include "unit/bitstream/random_source.h"

namespace daedalus::bitstream {
namespace {

using Bytes = std::vector<std::uint8_t>;

TEST(BitWriter, PutsTheMostSignificantBitFirst) {
    BitWriter writer;
    writer.bits(0b101, 3);
    writer.bits(0x1ff, 8); // only the low eight bits count
    writer.flag(false);
    EXPECT_EQ(writer.bit_count(), 12U);
    EXPECT_EQ(writer.bytes(), (Bytes{0b10111111, 0b11100000}));
}

TEST(BitWriter, WritesSixtyFourBits) {
    BitWriter writer;
    writer.flag(true);
    writer.bits(0x0123456789abcdef, 64);
    writer.align();
    EXPECT_EQ(writer.bytes(), (Bytes{0x80, 0x91, 0xa2, 0xb3, 0xc4, 0xd5, 0xe6, 0xf7, 0x80}));
}

TEST(BitWriter, TrailingBitsAreAOneAndZeros) {
    BitWriter aligned;
    aligned.trailing_bits();
    EXPECT_EQ(aligned.bytes(), Bytes{0x80});
    BitWriter writer;
    writer.bits(0, 7);
    writer.trailing_bits();
    EXPECT_EQ(writer.bytes(), Bytes{0x01});
}

/// Table 9-2 and 9-3 of H.264
TEST(BitWriter, WritesExpGolombCodesOfTheStandard) {
    BitWriter writer;
    writer.ue(0);  // 1
    writer.ue(1);  // 010
    writer.ue(8);  // 0001001
    writer.se(1);  // 010
    writer.se(-1); // 011
    writer.se(-2); // 00101
    EXPECT_EQ(writer.bytes(), (Bytes{0b10100001, 0b00101001, 0b10010100}));
    EXPECT_EQ(writer.bit_count(), 22U);
}

TEST(BitWriter, ExpGolombCodesReachTheirLimits) {
    BitWriter writer;
    writer.ue(std::numeric_limits<std::uint32_t>::max() - 1);
    writer.se(std::numeric_limits<std::int32_t>::max());
    writer.se(std::numeric_limits<std::int32_t>::min() + 1);
    writer.trailing_bits();
    test::h264::BitReader reader(writer.bytes());
    EXPECT_EQ(reader.unsigned_golomb(), std::numeric_limits<std::uint32_t>::max() - 1);
    EXPECT_EQ(reader.signed_golomb(), std::numeric_limits<std::int32_t>::max());
    EXPECT_EQ(reader.signed_golomb(), std::numeric_limits<std::int32_t>::min() + 1);
    EXPECT_TRUE(reader.ok());
}

/// 4.10.5 of the AV1 specification
TEST(BitWriter, WritesLeb128) {
    BitWriter writer;
    writer.leb128(0);
    writer.leb128(127);
    writer.leb128(128);
    writer.leb128(0xffffffff);
    EXPECT_EQ(writer.bytes(), (Bytes{0x00, 0x7f, 0x80, 0x01, 0xff, 0xff, 0xff, 0xff, 0x0f}));
}

/// 4.10.7: of five values the first three take two bits, the others three.
TEST(BitWriter, WritesNonSymmetricCodes) {
    BitWriter writer;
    for (unsigned value = 0; value < 5; ++value)
        writer.ns(value, 5);
    EXPECT_EQ(writer.bit_count(), 12U);
    EXPECT_EQ(writer.bytes(), (Bytes{0b00011011, 0b01110000}));
    BitWriter nothing;
    nothing.ns(0, 1);
    EXPECT_EQ(nothing.bit_count(), 0U);
}

TEST(BitWriter, WritesNegativeNumbersInTwosComplement) {
    BitWriter writer;
    writer.su(-1, 7);
    writer.su(-64, 7);
    writer.su(63, 7);
    EXPECT_EQ(writer.bytes(), (Bytes{0b11111111, 0b00000001, 0b11111000}));
}

TEST(NalUnit, PreventsStartCodes) {
    Bytes out;
    append_nal_unit(out, 0x67, Bytes{0, 0, 0, 0, 0, 1, 0, 0, 3, 0, 0, 4});
    EXPECT_EQ(out, (Bytes{0, 0, 0, 1, 0x67, 0, 0, 3, 0, 0, 3, 0, 1, 0, 0, 3, 3, 0, 0, 4}));
}

TEST(NalUnit, IsUndoneByAReader) {
    test::RandomSource random(1);
    for (int round = 0; round < 200; ++round) {
        Bytes rbsp(random.between<std::size_t>(1, 60));
        for (std::uint8_t& byte : rbsp)
            byte = random.flag() ? 0 : random.between<std::uint8_t>(0, 4);
        rbsp.push_back(0x80);
        Bytes out;
        append_nal_unit(out, 0x68, rbsp);
        const auto units = test::h264::split_nal_units(out);
        ASSERT_EQ(units.size(), 1U);
        EXPECT_EQ(test::h264::to_rbsp(units[0].payload()), rbsp);
    }
}

} // namespace
} // namespace daedalus::bitstream
