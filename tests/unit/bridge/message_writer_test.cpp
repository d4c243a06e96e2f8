// SPDX-License-Identifier: BSD-2-Clause
#include "bridge/message_writer.h"

#include "bridge/message_parser.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <algorithm>
#include <vector>

namespace daedalus::bridge {
namespace {

std::vector<std::byte> bytes_of(std::size_t size, unsigned seed) {
    std::vector<std::byte> bytes(size);
    for (std::size_t i = 0; i < size; i++)
        bytes[i] = static_cast<std::byte>(i * 7 + seed);
    return bytes;
}

TEST(MessageWriter, TheParserReadsTheSame) {
    for (const std::size_t bitstream_size : {0U, 1U, 7U, 8U, 1001U}) {
        std::vector<std::byte> bitstream = bytes_of(bitstream_size, 1);
        const std::vector<std::byte> frame = bytes_of(sizeof(v4l2_ctrl_vp8_frame), 2),
                                     other = bytes_of(13, 3);
        DecodeMessage message;
        message.cookie = std::uint64_t{5} << 32 | 17;
        message.timestamp = 40'000;
        message.dst_buffer = 3;
        message.flags = DAEDALUS_DECODE_HOLD;
        message.attempt = 1;
        message.queued = 4;
        message.coded_width = 320;
        message.coded_height = 240;
        message.age_ns = 12345;
        message.dst.planes = 1;
        message.dst.pixelformat = V4L2_PIX_FMT_NV12;
        message.bitstream = bitstream;
        ASSERT_TRUE(message.controls.add({V4L2_CID_STATELESS_VP8_FRAME, 1, frame}));
        ASSERT_TRUE(message.controls.add({4711, 13, other}));

        std::vector<std::byte> written(decode_message_size(message), std::byte{0xff});
        write_decode_message(message, written);
        MessageParser parser(written);
        const auto parsed = parser.next();
        ASSERT_TRUE(parsed && *parsed) << parsed.error().message;
        const auto& again = std::get<DecodeMessage>(**parsed);
        EXPECT_EQ(again.cookie, message.cookie);
        EXPECT_EQ(again.timestamp, message.timestamp);
        EXPECT_EQ(again.dst_buffer, message.dst_buffer);
        EXPECT_EQ(again.flags, message.flags);
        EXPECT_EQ(again.attempt, message.attempt);
        EXPECT_EQ(again.queued, message.queued);
        EXPECT_EQ(again.coded_width, message.coded_width);
        EXPECT_EQ(again.coded_height, message.coded_height);
        EXPECT_EQ(again.age_ns, message.age_ns);
        EXPECT_EQ(again.dst.pixelformat, message.dst.pixelformat);
        EXPECT_TRUE(std::ranges::equal(again.bitstream, bitstream));
        ASSERT_EQ(again.controls.all().size(), 2U);
        EXPECT_TRUE(std::ranges::equal(again.controls.all()[0].payload, frame));
        EXPECT_EQ(again.controls.all()[1].elems, 13U);
        EXPECT_TRUE(std::ranges::equal(again.controls.all()[1].payload, other));
        const auto end = parser.next();
        EXPECT_TRUE(end && !*end);
    }
}

} // namespace
} // namespace daedalus::bridge
