// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/h264_slices.h"

#include <gtest/gtest.h>

#include <vector>

namespace daedalus::decoder {
namespace {

H264Slices scan(std::initializer_list<unsigned> values) {
    std::vector<std::byte> bytes;
    for (const unsigned value : values)
        bytes.push_back(static_cast<std::byte>(value));
    return scan_h264_slices(bytes);
}

// first_mb_in_slice and slice_type are Exp-Golomb codes: 0 is 1, 1 is 010, 2 is 011, 5 is 00110, 7 is
// 0001000.
TEST(H264Slices, TellIntraFromInter) {
    EXPECT_FALSE(scan({}).any);
    EXPECT_FALSE(scan({0, 0, 1}).any);
    EXPECT_FALSE(scan({0, 0, 1, 0x09, 0xf0}).any) << "a delimiter is no slice";
    const H264Slices i = scan({0, 0, 1, 0x65, 0b10110000});
    EXPECT_TRUE(i.any);
    EXPECT_FALSE(i.inter);
    EXPECT_FALSE(scan({0, 0, 0, 1, 0x65, 0b10001000, 0x80}).inter) << "type 7: all I";
    EXPECT_TRUE(scan({0, 0, 1, 0x41, 0b11000000}).inter) << "type 0: P";
    EXPECT_TRUE(scan({0, 0, 1, 0x01, 0b10100000}).inter) << "type 1: B";
    EXPECT_TRUE(scan({0, 0, 1, 0x01, 0b10011000}).inter) << "type 5: all P";
}

TEST(H264Slices, OneInterSliceIsEnough) {
    const H264Slices mixed = scan({0, 0, 1, 0x65, 0b10110000, 0xff, 0, 0, 1, 0x41, 0b01010000});
    EXPECT_TRUE(mixed.any);
    EXPECT_TRUE(mixed.inter);
}

TEST(H264Slices, BrokenHeadersAreNoReasonToRefuse) {
    const H264Slices cut = scan({0, 0, 1, 0x65});
    EXPECT_TRUE(cut.any);
    EXPECT_FALSE(cut.inter);
    const H264Slices zeros = scan({0, 0, 1, 0x65, 0, 0, 0, 0, 0, 0, 0});
    EXPECT_TRUE(zeros.any);
    EXPECT_FALSE(zeros.inter);
}

} // namespace
} // namespace daedalus::decoder
