// SPDX-License-Identifier: BSD-2-Clause
#include "support/vpx/stream.h"

#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <unistd.h>

namespace daedalus::test::vpx {
namespace {

/** A clip that ffmpeg makes for the test, after having looked at it once. */
Stream encode(const std::string& options) {
    const std::string base = testing::TempDir() + "daedalus-vpx-stream-" + std::to_string(getpid());
    const std::string path = base + ".ivf";
    for (const char* pass : {"1", "2"}) {
        const std::string command = "ffmpeg -nostdin -v error -y -f lavfi -i testsrc2=size=130x70:rate=25 "
                                    "-frames:v 40 -pix_fmt yuv420p " +
                                    options + " -threads 1 -pass " + pass + " -passlogfile " + base +
                                    " -f ivf " + path;
        EXPECT_EQ(std::system(command.c_str()), 0);
    }
    auto stream = read_stream(path);
    std::filesystem::remove(path);
    std::filesystem::remove(base + "-0.log");
    EXPECT_TRUE(stream) << stream.error();
    return stream.value_or(Stream{});
}

TEST(VpxStream, Vp9WithHiddenFrames) {
    const Stream stream =
        encode("-c:v libvpx-vp9 -b:v 200k -auto-alt-ref 1 -lag-in-frames 25 -deadline good");
    EXPECT_TRUE(stream.vp9);
    EXPECT_FALSE(stream.ten_bits);
    EXPECT_EQ(stream.width, 130U);
    EXPECT_EQ(stream.height, 70U);
    EXPECT_EQ(stream.packets.size(), 40U) << "a superframe is one packet";
    EXPECT_EQ(stream.decoded.size(), 40U);
    EXPECT_EQ(stream.frames.back().packet, 39U);
    ASSERT_FALSE(stream.frames.empty());
    EXPECT_TRUE(stream.frames[0].intra);
    EXPECT_EQ(stream.frames[0].refresh, 0xff);
    std::size_t hidden = 0;
    unsigned written =
        0; // a slot that is written again makes the next frames that name it depend on this one
    for (const Frame& frame : stream.frames) {
        hidden += frame.shown ? 0 : 1;
        EXPECT_EQ(frame.references.size(), frame.intra ? 0U : 3U);
        if (!frame.intra)
            written |= frame.refresh;
    }
    EXPECT_GT(hidden, 0U) << "the encoder makes a frame for reference alone";
    EXPECT_NE(written, 0U);
    EXPECT_NE(written, 0xffU) << "libvpx uses three slots; more means that the header was misread";
}

TEST(VpxStream, TenBits) {
    EXPECT_TRUE(encode("-c:v libvpx-vp9 -profile:v 2 -pix_fmt yuv420p10le -cpu-used 5 -b:v 200k").ten_bits);
}

TEST(VpxStream, Vp8) {
    const Stream stream = encode("-c:v libvpx -b:v 200k -g 10 -auto-alt-ref 0");
    EXPECT_FALSE(stream.vp9);
    ASSERT_EQ(stream.frames.size(), 40U);
    EXPECT_TRUE(stream.frames[0].intra);
    EXPECT_FALSE(stream.frames[1].intra);
    EXPECT_TRUE(stream.frames[10].intra);
}

TEST(VpxStream, ASuperframeThatLiesAboutItsSizesIsOneFrame) {
    // Two frames of 200 and 1 bytes in a packet of 9.
    const std::vector<uint8_t> packet = {1, 2, 3, 4, 5, 0xc1, 200, 1, 0xc1};
    EXPECT_EQ(split_superframe(packet).size(), 1U);
    const std::vector<uint8_t> honest = {1, 2, 3, 4, 5, 0xc1, 4, 1, 0xc1};
    const auto frames = split_superframe(honest);
    ASSERT_EQ(frames.size(), 2U);
    EXPECT_EQ(frames[0].size(), 4U);
    EXPECT_EQ(frames[1].size(), 1U);
}

} // namespace
} // namespace daedalus::test::vpx
