// SPDX-License-Identifier: BSD-2-Clause
#include "support/h264/stream.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <gtest/gtest.h>
#include <set>
#include <unistd.h>

namespace daedalus::test::h264 {
namespace {

/** A clip that ffmpeg makes for the test; the test is skipped without libx264. */
class EncodedStream : public testing::Test {
  protected:
    void SetUp() override {
        if (std::system("ffmpeg -v error -h encoder=libx264 2>&1 | grep -q '^Encoder libx264 '") != 0)
            GTEST_SKIP() << "ffmpeg with libx264 is not installed";
        path_ = testing::TempDir() + "daedalus-stream-test-" + std::to_string(getpid()) + ".h264";
    }
    void TearDown() override { std::filesystem::remove(path_); }

    bool encode(const std::string& options) {
        const std::string command =
            "ffmpeg -v error -y -f lavfi -i testsrc2=size=130x70:rate=25 -frames:v 40 "
            "-pix_fmt yuv420p -c:v libx264 " +
            options + " -f h264 " + path_ + " 2>/dev/null";
        return std::system(command.c_str()) == 0;
    }

    std::string path_;
};

TEST_F(EncodedStream, WithBFramesAndManyReferences) {
    ASSERT_TRUE(encode("-bf 3 -refs 6 -g 20 -x264-params b-pyramid=normal:scenecut=0:slices=2"));
    auto stream = read_stream(path_);
    ASSERT_TRUE(stream) << stream.error();
    EXPECT_EQ(stream->frames.size(), 40U);
    EXPECT_EQ(stream->pictures.size(), 40U);
    EXPECT_TRUE(stream->frames[0].is_idr);
    EXPECT_EQ(stream->frames[0].crop, (CropRectangle{.left = 0, .top = 0, .width = 130, .height = 70}));
    EXPECT_FALSE(std::ranges::is_sorted(stream->display_order))
        << "B frames are decoded before they are shown";
    size_t most_references = 0;
    for (const Picture& picture : stream->pictures) {
        EXPECT_EQ(picture.slice_offsets.size(), 2U);
        size_t references = 0;
        for (size_t i = 0; i < picture.references.size(); i++) {
            const bool valid = picture.decode_params.dpb[i].flags != 0;
            EXPECT_EQ(valid, picture.references[i] != no_frame);
            if (valid) {
                EXPECT_LT(picture.references[i], picture.frame);
            }
            references += valid ? 1 : 0;
        }
        most_references = std::max(most_references, references);
        EXPECT_EQ(picture.is_idr(), references == 0);
    }
    EXPECT_EQ(most_references, stream->pictures[0].sps.max_num_ref_frames);
}

TEST_F(EncodedStream, RecycledTimestampsAreUniqueAmongReferences) {
    ASSERT_TRUE(encode("-bf 2 -refs 4"));
    auto stream = read_stream(path_);
    ASSERT_TRUE(stream);
    const TimestampOf timestamp_of = recycled_indexes(*stream, 8, 0);
    std::set<uint64_t> all;
    for (Picture& picture : stream->pictures) {
        name_references(picture, timestamp_of);
        std::set<uint64_t> live = {timestamp_of(picture.frame)};
        size_t count = 1;
        for (const v4l2_h264_dpb_entry& entry : picture.decode_params.dpb)
            if (entry.flags != 0) {
                live.insert(entry.reference_ts);
                count++;
            }
        EXPECT_EQ(live.size(), count) << "frame " << picture.frame;
        all.merge(live);
    }
    EXPECT_LE(all.size(), 8U);
    EXPECT_EQ(*all.begin(), 0U);
}

TEST_F(EncodedStream, InterlacedFramesAreMbaff) {
    ASSERT_TRUE(encode("-vf scale=128:64 -x264-params interlaced=1:tff=1"));
    auto stream = read_stream(path_);
    ASSERT_TRUE(stream);
    // libx264 codes interlaced frames as MBAFF frames, never as fields.
    EXPECT_EQ(stream->frames.size(), 40U);
    EXPECT_NE(stream->pictures[0].sps.flags & V4L2_H264_SPS_FLAG_MB_ADAPTIVE_FRAME_FIELD, 0U);
    EXPECT_EQ(stream->pictures[0].sps.flags & V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY, 0U);
}

TEST(Stream, OfGarbageIsAnError) {
    const std::vector<uint8_t> garbage = {1, 2, 3, 0, 0, 1, 0x65, 0xff, 0xff, 0, 0, 1};
    EXPECT_FALSE(parse_stream(garbage));
    EXPECT_FALSE(parse_stream({}));
}

} // namespace
} // namespace daedalus::test::h264
