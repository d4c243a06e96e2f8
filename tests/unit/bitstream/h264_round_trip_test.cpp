// SPDX-License-Identifier: BSD-2-Clause
// H.264 streams are taken apart into V4L2 controls and slices; parameter sets are written again and every
// picture is decoded behind them: it must be the one that the stream itself decodes to.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <span>

#include "bitstream/h264_parameter_sets.h"
#include "bitstream/h264_slice_header.h"
#include "support/h264/stream.h"
#include "unit/bitstream/av_decoder.h"
#include "unit/bitstream/test_streams.h"

namespace daedalus::test {
namespace {

struct Outcome {
    std::size_t frames = 0;
    std::string difference{};
};

std::vector<std::uint8_t> read_file(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> decode_original(const std::vector<std::uint8_t>& bytes) {
    AvDecoder decoder(AV_CODEC_ID_H264);
    for (const auto& picture : AvDecoder::split(AV_CODEC_ID_H264, bytes))
        decoder.decode(picture);
    return decoder.finish();
}

std::expected<std::vector<std::string>, std::string> decode_rebuilt(const h264::Stream& stream) {
    AvDecoder decoder(AV_CODEC_ID_H264);
    std::vector<std::uint8_t> last;
    for (const h264::Picture& picture : stream.pictures) {
        const auto headers = bitstream::h264_parameter_sets(
            picture.sps, picture.pps, picture.scaling_matrix_present ? &picture.scaling_matrix : nullptr);
        if (!headers)
            return std::unexpected(headers.error().message);
        if (bitstream::h264_slice_pps_id(std::as_bytes(std::span(picture.bitstream))) !=
            picture.pps.pic_parameter_set_id)
            return std::unexpected("the slices of a picture refer to another PPS than its control");
        std::vector<std::uint8_t> data = *headers;
        if (data == last)
            data.clear();
        last = *headers;
        data.insert(data.end(), picture.bitstream.begin(), picture.bitstream.end());
        decoder.decode(data);
    }
    return decoder.finish();
}

Outcome round_trip(const std::filesystem::path& file) {
    const std::vector<std::uint8_t> bytes = read_file(file);
    const auto stream = h264::parse_stream(bytes);
    if (!stream)
        return {.difference = stream.error()};
    const auto rebuilt = decode_rebuilt(*stream);
    if (!rebuilt)
        return {.difference = rebuilt.error()};
    const std::vector<std::string> original = decode_original(bytes);
    Outcome outcome{.frames = original.size(), .difference = {}};
    for (std::size_t i = 0; i < std::min(original.size(), rebuilt->size()); ++i)
        if (original[i] != (*rebuilt)[i]) {
            outcome.difference =
                "frame " + std::to_string(i) + ": expected " + original[i] + ", got " + (*rebuilt)[i];
            return outcome;
        }
    if (original.size() != rebuilt->size() || original.empty())
        outcome.difference =
            std::to_string(rebuilt->size()) + " frames instead of " + std::to_string(original.size());
    return outcome;
}

/// What V4L2 can't carry, and the words in which it is refused.
const std::map<std::string, std::string> expected_refusals = {
    {"seq_explicit__test.264", "H.264 controls: slice groups (FMO) are not supported"},
    {"seq_interleaved__test.264", "H.264 controls: slice groups (FMO) are not supported"},
    {"seq_wipe__test.264", "H.264 controls: slice groups (FMO) are not supported"},
};

class H264RoundTrip : public testing::TestWithParam<const char*> {};

TEST_P(H264RoundTrip, EveryFrameDecodesToTheSame) {
    const auto vectors = vectors_of(GetParam());
    if (vectors.empty())
        GTEST_SKIP() << "no vectors of " << GetParam();
    unsigned equal = 0;
    std::size_t frames = 0;
    for (const TestVector& vector : vectors) {
        const Outcome outcome = round_trip(vector.file);
        const auto refusal = expected_refusals.find(vector.name);
        EXPECT_EQ(outcome.difference, refusal == expected_refusals.end() ? "" : refusal->second)
            << vector.name;
        equal += outcome.difference.empty() ? 1 : 0;
        frames += outcome.frames;
    }
    std::cout << GetParam() << ": " << equal << " of " << vectors.size() << " streams, " << frames
              << " frames\n";
}

INSTANTIATE_TEST_SUITE_P(Vectors, H264RoundTrip,
                         testing::Values("JVT-AVC_V1", "JVT-FR-EXT", "JVT-Professional_profiles",
                                         "EXTRA-jcodec-h264"),
                         [](const auto& info) { return test_name(info.param); });

class H264Clip : public testing::TestWithParam<MadeClip> {};

TEST_P(H264Clip, EveryFrameDecodesToTheSame) {
    const MadeClip& clip = GetParam();
    const auto file = make_clip(clip, ".h264");
    if (!file)
        GTEST_SKIP() << "ffmpeg can't make this clip";
    const Outcome outcome = round_trip(*file);
    EXPECT_EQ(outcome.difference, "");
    EXPECT_EQ(outcome.frames, static_cast<unsigned>(clip.frames));
}

INSTANTIATE_TEST_SUITE_P(
    Made, H264Clip,
    testing::Values(MadeClip{"x264_baseline", "176x144", 20, "-c:v libx264 -profile:v baseline"},
                    MadeClip{"x264_main", "176x144", 30, "-c:v libx264 -profile:v main -bf 3"},
                    MadeClip{"x264_high", "354x290", 30,
                             "-c:v libx264 -preset slow -x264-params b-pyramid=normal:ref=16:bframes=8"},
                    MadeClip{"x264_lists", "320x180", 12, "-c:v libx264 -x264-params cqm=jvt:8x8dct=1"},
                    MadeClip{"x264_own_lists", "320x180", 12,
                             "-c:v libx264 -x264-params "
                             "cqm4=24,29,30,31,29,31,32,33,30,32,34,35,31,33,35,36:8x8dct=0"},
                    MadeClip{"x264_interlaced", "320x192", 20,
                             "-c:v libx264 -flags +ildct+ilme -x264-params tff=1"},
                    MadeClip{"x264_high10", "320x180", 12, "-c:v libx264 -pix_fmt yuv420p10le"},
                    MadeClip{"x264_high422", "320x180", 8, "-c:v libx264 -pix_fmt yuv422p10le"},
                    MadeClip{"x264_gray", "320x180", 8, "-c:v libx264 -pix_fmt gray"},
                    MadeClip{"x264_lossless", "176x144", 8, "-c:v libx264 -qp 0"},
                    MadeClip{"x264_slices", "320x180", 12,
                             "-c:v libx264 -x264-params slices=4:constrained-intra=1:weightp=2"},
                    MadeClip{"x264_full_range", "320x180", 6, "-c:v libx264 -pix_fmt yuvj420p"}),
    [](const auto& info) { return info.param.name; });

} // namespace
} // namespace daedalus::test
