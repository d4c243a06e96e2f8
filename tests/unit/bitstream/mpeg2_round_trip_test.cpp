// SPDX-License-Identifier: BSD-2-Clause
// MPEG-2 streams are taken apart into V4L2 controls and slices; headers are written again and every picture
// is decoded behind them: it must be the one that the stream itself decodes to.
#include <gtest/gtest.h>

#include <expected>
#include <fstream>
#include <iterator>
#include <ostream>

#include "bitstream/mpeg2_headers.h"
#include "support/mpeg2/stream.h"
#include "unit/bitstream/av_decoder.h"
#include "unit/bitstream/test_streams.h"

namespace daedalus::test {
namespace {

std::vector<std::string> decode_original(const std::vector<std::uint8_t>& bytes) {
    AvDecoder decoder(AV_CODEC_ID_MPEG2VIDEO);
    for (const auto& picture : AvDecoder::split(AV_CODEC_ID_MPEG2VIDEO, bytes))
        decoder.decode(picture);
    return decoder.finish();
}

std::expected<std::vector<std::string>, std::string>
decode_rebuilt(const std::vector<mpeg2::Picture>& pictures) {
    AvDecoder decoder(AV_CODEC_ID_MPEG2VIDEO);
    std::vector<std::uint8_t> last;
    for (const mpeg2::Picture& picture : pictures) {
        std::vector<std::uint8_t> data;
        const auto sequence = bitstream::mpeg2_sequence_headers(picture.sequence);
        const auto headers =
            bitstream::mpeg2_picture_headers(picture.sequence, picture.picture, &picture.quantisation);
        if (!sequence || !headers)
            return std::unexpected(!sequence ? sequence.error().message : headers.error().message);
        if (*sequence != last)
            data = *sequence;
        last = *sequence;
        data.insert(data.end(), headers->begin(), headers->end());
        data.insert(data.end(), picture.bitstream.begin(), picture.bitstream.end());
        decoder.decode(data);
    }
    return decoder.finish();
}

class Mpeg2Clip : public testing::TestWithParam<MadeClip> {};

TEST_P(Mpeg2Clip, EveryFrameDecodesToTheSame) {
    const MadeClip& clip = GetParam();
    const auto path = make_clip(clip, ".m2v");
    if (!path)
        GTEST_SKIP() << "ffmpeg can't make this clip";
    std::ifstream file(*path, std::ios::binary);
    const std::vector<std::uint8_t> bytes{std::istreambuf_iterator<char>(file), {}};

    const auto pictures = mpeg2::parse_stream(bytes);
    ASSERT_TRUE(pictures) << pictures.error();
    const auto rebuilt = decode_rebuilt(*pictures);
    ASSERT_TRUE(rebuilt) << rebuilt.error();
    const auto original = decode_original(bytes);
    EXPECT_EQ(original.size(), static_cast<std::size_t>(clip.frames));
    EXPECT_EQ(original, *rebuilt);
}

INSTANTIATE_TEST_SUITE_P(
    Made, Mpeg2Clip,
    testing::Values(
        MadeClip{"mpeg2_default", "352x288", 30, "-c:v mpeg2video -q:v 4"},
        MadeClip{"mpeg2_b_frames", "354x290", 30, "-c:v mpeg2video -q:v 4 -bf 2 -g 12"},
        MadeClip{"mpeg2_low_delay", "176x144", 20, "-c:v mpeg2video -q:v 4 -flags +low_delay"},
        MadeClip{"mpeg2_interlaced", "352x288", 30,
                 "-c:v mpeg2video -q:v 4 -bf 2 -flags +ildct+ilme -top 1 -alternate_scan 1"},
        MadeClip{"mpeg2_intra_vlc", "176x144", 12,
                 "-c:v mpeg2video -q:v 4 -intra_vlc 1 -non_linear_quant 1 -dc 10 -qmax 28"},
        MadeClip{"mpeg2_422", "176x144", 12, "-c:v mpeg2video -q:v 4 -bf 2 -pix_fmt yuv422p -dc 10"},
        MadeClip{"mpeg2_matrices", "176x144", 12,
                 "-c:v mpeg2video -q:v 4 -intra_matrix "
                 "8,17,18,19,21,23,25,27,17,18,19,21,23,25,27,28,20,21,22,23,24,"
                 "26,28,30,21,22,23,24,26,28,30,32,22,23,24,26,28,30,32,35,23,24,26,28,30,32,35,38,"
                 "25,26,28,30,32,35,"
                 "38,41,27,28,30,32,35,38,41,45 -inter_matrix "
                 "16,17,18,19,20,21,22,23,17,18,19,20,21,22,23,24,18,19,"
                 "20,21,22,23,24,25,19,20,21,22,23,24,26,27,20,21,22,23,25,26,27,28,21,22,23,24,26,"
                 "27,28,30,22,23,24,"
                 "26,27,28,30,31,23,24,25,27,28,30,31,33"},
        MadeClip{"mpeg2_wide", "2048x64", 4, "-c:v mpeg2video -q:v 4"}),
    [](const auto& info) { return info.param.name; });

} // namespace
} // namespace daedalus::test
