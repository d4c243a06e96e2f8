// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/h264_slice_header.h"

#include <gtest/gtest.h>

#include <vector>

#include "bitstream/bit_writer.h"
#include "bitstream/nal_unit.h"
#include "unit/bitstream/random_source.h"

namespace daedalus::bitstream {
namespace {

using Bytes = std::vector<std::uint8_t>;

void append_slice(Bytes& to, std::uint8_t header, std::uint32_t first_macroblock, std::uint32_t type,
                  std::uint32_t pps_id) {
    BitWriter writer;
    writer.ue(first_macroblock);
    writer.ue(type);
    writer.ue(pps_id);
    writer.bits(0x5a5a, 16);
    writer.trailing_bits();
    append_nal_unit(to, header, writer.bytes());
}

std::optional<std::uint8_t> id_of(const Bytes& bytes) {
    return h264_slice_pps_id(std::as_bytes(std::span(bytes)));
}

TEST(H264SliceHeader, TellsThePpsOfTheFirstSlice) {
    Bytes bytes;
    EXPECT_EQ(id_of(bytes), std::nullopt);
    append_nal_unit(bytes, 0x06, Bytes{5, 1, 0, 0x80}); // SEI
    EXPECT_EQ(id_of(bytes), std::nullopt);
    append_slice(bytes, 0x65, 0, 7, 3);
    EXPECT_EQ(id_of(bytes), 3);
    append_slice(bytes, 0x65, 99, 7, 4);
    EXPECT_EQ(id_of(bytes), 3);
}

TEST(H264SliceHeader, ReadsEveryIdBehindEveryMacroblock) {
    for (const std::uint32_t first :
         {0U, 1U, 255U, 0xffffU, 0x1ffffU}) // the last ones need emulation prevention
        for (std::uint32_t id = 0; id < 256; ++id) {
            Bytes bytes;
            append_slice(bytes, 0x41, first, 0, id);
            EXPECT_EQ(id_of(bytes), id) << first;
        }
}

TEST(H264SliceHeader, SaysNothingOfWhatIsNoSlice) {
    Bytes bytes;
    append_slice(bytes, 0x41, 0, 0, 256);
    EXPECT_EQ(id_of(bytes), std::nullopt);
    EXPECT_EQ(id_of({0, 0, 1}), std::nullopt);
    EXPECT_EQ(id_of({0, 0, 1, 0x41}), std::nullopt);
    EXPECT_EQ(id_of({0, 0, 1, 0x41, 0, 0, 0, 0, 0, 0, 0, 0}), std::nullopt);
}

TEST(H264SliceHeader, SurvivesGarbage) {
    for (std::uint32_t seed = 0; seed < 5000; ++seed) {
        test::RandomSource random(seed);
        Bytes bytes(random.between<std::size_t>(0, 60));
        for (std::uint8_t& byte : bytes)
            byte = random.flag() ? random.between<std::uint8_t>(0, 3) : random.between<std::uint8_t>(0, 255);
        (void)id_of(bytes);
    }
}

} // namespace
} // namespace daedalus::bitstream
