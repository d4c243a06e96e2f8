// SPDX-License-Identifier: BSD-2-Clause
// MPEG-2 through the worker: every picture must be the one that libavcodec decodes from the whole stream.
#include "support/mpeg2/stream.h"
#include "unit/bitstream/av_decoder.h"
#include "unit/bitstream/test_streams.h"
#include "worker/request_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>

namespace daedalus::test {
namespace {

std::vector<Request> requests_of(const std::vector<mpeg2::Picture>& pictures,
                                 const std::vector<std::string>& expected) {
    std::vector<Request> requests;
    for (std::size_t i = 0; i < pictures.size(); i++) {
        const mpeg2::Picture& picture = pictures[i];
        const auto bytes = std::as_bytes(std::span(picture.bitstream));
        requests.push_back(
            {.controls = {OwnedControl::of(V4L2_CID_STATELESS_MPEG2_SEQUENCE, picture.sequence),
                          OwnedControl::of(V4L2_CID_STATELESS_MPEG2_PICTURE, picture.picture),
                          OwnedControl::of(V4L2_CID_STATELESS_MPEG2_QUANTISATION, picture.quantisation)},
             .bitstream = {bytes.begin(), bytes.end()},
             .timestamp = picture.timestamp,
             .width = picture.sequence.horizontal_size,
             .height = picture.sequence.vertical_size,
             .ten_bits = false,
             .expected = expected.at(i)});
    }
    return requests;
}

struct Stream {
    std::vector<std::uint8_t> bytes;
    std::vector<mpeg2::Picture> pictures; ///< none: the test has failed
};

Stream make_stream(const MadeClip& clip) {
    const auto path = make_clip(clip, ".m2v");
    EXPECT_TRUE(path) << "ffmpeg can't make this clip";
    if (!path)
        return {};
    std::ifstream file(*path, std::ios::binary);
    std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};
    auto pictures = mpeg2::parse_stream(bytes);
    EXPECT_TRUE(pictures) << pictures.error();
    if (!pictures)
        return {};
    return {std::move(bytes), std::move(*pictures)};
}

class Mpeg2Worker : public testing::TestWithParam<MadeClip> {};

TEST_P(Mpeg2Worker, DecodesEveryPicture) {
    const auto [bytes, pictures] = make_stream(GetParam());
    ASSERT_FALSE(pictures.empty());
    AvDecoder decoder(AV_CODEC_ID_MPEG2VIDEO);
    for (const auto& picture : AvDecoder::split(AV_CODEC_ID_MPEG2VIDEO, bytes))
        decoder.decode(picture);
    const bool progressive = (pictures.at(0).sequence.flags & V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE) != 0;
    expect_right(DAEDALUS_CODEC_MPEG2, requests_of(pictures, decoder.finish()), progressive);
}

/// As of streams that are refreshed slice by slice.
TEST(Mpeg2WithoutIPictures, IsDecodedAllTheSame) {
    const auto pictures = make_stream({"mpeg2_worker", "352x288", 30, "-c:v mpeg2video -q:v 4"}).pictures;
    ASSERT_FALSE(pictures.empty());
    std::vector<Request> requests = requests_of(pictures, std::vector<std::string>(pictures.size()));
    requests.erase(requests.begin());
    requests.resize(8); // the next I picture is the twelfth
    const std::vector<Outcome> outcomes = play_requests(DAEDALUS_CODEC_MPEG2, requests, {});
    ASSERT_EQ(outcomes.size(), requests.size());
    for (const Outcome& outcome : outcomes)
        EXPECT_EQ(outcome.status, DAEDALUS_STATUS_CONCEALED);
}

INSTANTIATE_TEST_SUITE_P(
    Made, Mpeg2Worker,
    testing::Values(MadeClip{"mpeg2_worker", "352x288", 30, "-c:v mpeg2video -q:v 4"},
                    MadeClip{"mpeg2_worker_b_frames", "354x290", 30, "-c:v mpeg2video -q:v 4 -bf 2 -g 12"},
                    MadeClip{"mpeg2_worker_interlaced", "352x288", 30,
                             "-c:v mpeg2video -q:v 4 -bf 2 -flags +ildct+ilme -top 1 -alternate_scan 1"}),
    [](const auto& info) { return info.param.name; });

} // namespace
} // namespace daedalus::test
