// SPDX-License-Identifier: BSD-2-Clause
#include "support/h264/bit_reader.h"

#include <gtest/gtest.h>

namespace daedalus::test::h264 {
namespace {

TEST(Rbsp, LosesEmulationPreventionOnly) {
    const std::vector<uint8_t> coded = {0, 0, 3, 1, 0, 0, 3, 0, 0, 3, 3, 7};
    EXPECT_EQ(to_rbsp(coded), (std::vector<uint8_t>{0, 0, 1, 0, 0, 0, 0, 3, 7}));
}

TEST(BitReader, ReadsExpGolombCodes) {
    // ue 0, 1, 2, 3, 4 = 1 010 011 00100 00101; se of codes 3 and 4 = 2 and -2.
    const std::vector<uint8_t> data = {0b10100110, 0b01000010, 0b10010000, 0b10110000};
    BitReader reader(data);
    for (uint32_t expected = 0; expected < 5; expected++)
        EXPECT_EQ(reader.unsigned_golomb(), expected);
    EXPECT_EQ(reader.signed_golomb(), 2);
    EXPECT_EQ(reader.signed_golomb(), -2);
    EXPECT_TRUE(reader.ok());
}

TEST(BitReader, FailsForGoodPastTheEnd) {
    const std::vector<uint8_t> data = {0xff};
    BitReader reader(data);
    EXPECT_EQ(reader.bits(9), 0U);
    EXPECT_FALSE(reader.ok());
    EXPECT_EQ(reader.bits(1), 0U);
}

TEST(BitReader, RefusesCodesAboveTheirLimit) {
    const std::vector<uint8_t> data = {0b00100000}; // 3
    BitReader reader(data);
    reader.unsigned_golomb(2);
    EXPECT_FALSE(reader.ok());
}

TEST(BitReader, KnowsTheTrailingBits) {
    const std::vector<uint8_t> data = {0b10100000, 0};
    BitReader reader(data);
    reader.bits(2);
    EXPECT_FALSE(reader.more_data());
    const BitReader fresh(data);
    EXPECT_TRUE(fresh.more_data());
}

} // namespace
} // namespace daedalus::test::h264
