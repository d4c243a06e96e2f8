// SPDX-License-Identifier: BSD-2-Clause
// The H.264 conformance streams, where they are, against ffmpeg: interlaced ones above all, which libx264
// can't make.
#include "worker/player.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace daedalus::test {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> vectors() {
    const char* set = std::getenv("DAEDALUS_VECTORS");
    std::vector<std::string> paths;
    std::error_code ignored;
    for (const char* suite : {"JVT-AVC_V1", "JVT-FR-EXT", "JVT-Professional_profiles"})
        for (const auto& entry :
             fs::directory_iterator(fs::path(set ? set : DAEDALUS_DEFAULT_VECTORS) / suite, ignored))
            paths.push_back(entry.path().string());
    std::sort(paths.begin(), paths.end());
    return paths;
}

class Vectors : public testing::TestWithParam<std::string> {};

// There may be none, or none of these suites.
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(Vectors);

TEST_P(Vectors, DecodeAsWithFfmpeg) {
    const auto clip = h264_file(GetParam());
    if (!clip)
        GTEST_SKIP() << "not to be compared frame by frame";
    for (const auto& [threads, depth] : {std::pair{1U, 1U}, {2U, 1U}, {2U, 4U}, {4U, 8U}}) {
        Player player(*clip, {.threads = threads, .buffers = 32});
        std::vector<Played> played;
        player.play(0, clip->stream.pictures.size(), depth, played);
        unsigned wrong = 0, flagged = 0;
        std::string which;
        for (const Played& frame : played) {
            if (frame.pixels != truth(*clip, frame.frame)) {
                wrong++;
                which += ' ' + std::to_string(frame.frame);
            }
            flagged += frame.answer.status != DAEDALUS_STATUS_OK ? 1 : 0;
        }
        EXPECT_EQ(wrong, 0U) << threads << " threads, depth " << depth << ", frames" << which.substr(0, 100);
        EXPECT_EQ(flagged, 0U) << threads << " threads, depth " << depth;
    }
}

INSTANTIATE_TEST_SUITE_P(H264, Vectors, testing::ValuesIn(vectors()), [](const auto& info) {
    std::string name = fs::path(info.param).stem().string();
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c)))
            c = '_';
    return name + '_' + std::to_string(info.index);
});

// The lines of a field that never comes show the other one, not an older picture.
TEST(LoneFirstFields, FillTheFrame) {
    unsigned streams = 0;
    for (const std::string& path : vectors()) {
        const auto clip = h264_file(path);
        if (!clip || clip->stream.pictures.size() < 2 || !clip->stream.pictures[1].second_field)
            continue;
        streams++;
        Player player(*clip, {.threads = 1, .buffers = 32});
        std::vector<Played> played;
        player.play(0, clip->stream.pictures.size(), 1, played);
        player.flush();
        const std::uint64_t buffer = player.play_alone(0);
        const std::size_t pitch = player.layout().bytesperline;
        const auto bytes = player.kernel().bytes(buffer);
        for (std::size_t line = 0; line + 1 < player.layout().height * 3U / 2; line += 2)
            ASSERT_TRUE(std::ranges::equal(bytes.subspan(line * pitch, pitch),
                                           bytes.subspan((line + 1) * pitch, pitch)))
                << path << ", lines " << line << " and " << line + 1;
    }
    if (streams == 0)
        GTEST_SKIP() << "no stream here begins with a field";
}

} // namespace
} // namespace daedalus::test
