// SPDX-License-Identifier: BSD-2-Clause
// Streams are taken apart into V4L2 controls and tiles, written again by Av1StreamWriter and decoded: every
// frame must be the one that the stream itself decodes to.
#include <gtest/gtest.h>

#include <iostream>
#include <span>

#include "bitstream/av1_stream_writer.h"
#include "support/av1/stream.h"
#include "support/ivf.h"
#include "unit/bitstream/dav1d_decoder.h"
#include "unit/bitstream/test_streams.h"

namespace daedalus::test {
namespace {

struct Outcome {
    unsigned frames = 0;
    unsigned reloads = 0;
    std::string difference; // of the first frame that has one
};

/// The same request as FFmpeg sends it: the tiles alone, without anything around them.
av1::Request with_bare_tiles(const av1::Request& request) {
    av1::Request bare = request;
    bare.bitstream.clear();
    for (auto& tile : bare.tiles) {
        const auto data = std::span(request.bitstream).subspan(tile.tile_offset, tile.tile_size);
        tile.tile_offset = static_cast<std::uint32_t>(bare.bitstream.size());
        bare.bitstream.insert(bare.bitstream.end(), data.begin(), data.end());
    }
    return bare;
}

class RoundTrip {
  public:
    Outcome run(const std::filesystem::path& file) {
        const auto ivf = read_ivf(file);
        if (!ivf)
            return {.difference = ivf.error()};
        for (const auto& unit : ivf->packets) {
            compare_unit(unit);
            if (!outcome_.difference.empty())
                break;
        }
        return outcome_;
    }

  private:
    void compare_unit(const std::vector<std::uint8_t>& unit) {
        const std::vector<std::string> expected = original_.decode(unit);
        const auto events = parser_.parse(unit);
        if (!events) {
            outcome_.difference = events.error();
            return;
        }
        if (expected.size() != events->size()) {
            outcome_.difference = "a temporal unit has " + std::to_string(events->size()) +
                                  " frames, dav1d gave " + std::to_string(expected.size());
            return;
        }
        for (std::size_t i = 0; i < expected.size() && outcome_.difference.empty(); ++i)
            if ((*events)[i].request)
                compare_frame(outcome_.frames % 2 == 0 ? *(*events)[i].request
                                                       : with_bare_tiles(*(*events)[i].request),
                              expected[i]);
    }

    void compare_frame(const av1::Request& request, const std::string& expected) {
        const auto unit = writer_.write({.sequence = request.sequence,
                                         .frame = request.frame,
                                         .film_grain = &request.film_grain,
                                         .tiles = request.tiles,
                                         .bitstream = request.bitstream,
                                         .timestamp = request.timestamp});
        const std::string where = "frame " + std::to_string(outcome_.frames) + ": ";
        if (!unit) {
            outcome_.difference = where + unit.error().message;
            return;
        }
        if (!unit->reload.empty()) {
            ++outcome_.reloads;
            if (rebuilt_.decode(unit->reload).size() != 1)
                outcome_.difference = where + "showing a frame again gave not one picture";
        }
        const auto pictures = rebuilt_.decode(unit->frame);
        if (pictures.size() != 1 || pictures[0] != expected)
            outcome_.difference =
                where + "expected " + expected + ", got " + (pictures.empty() ? "nothing" : pictures[0]);
        else if (unit->stale_slots != 0)
            outcome_.difference = where + "references are called stale";
        ++outcome_.frames;
    }

    Dav1dDecoder original_;
    Dav1dDecoder rebuilt_;
    av1::StreamParser parser_;
    bitstream::Av1StreamWriter writer_;
    Outcome outcome_;
};

class Av1RoundTrip : public testing::TestWithParam<const char*> {};

TEST_P(Av1RoundTrip, EveryFrameDecodesToTheSame) {
    const auto vectors = vectors_of(GetParam());
    if (vectors.empty())
        GTEST_SKIP() << "no vectors of " << GetParam();
    unsigned equal = 0;
    unsigned frames = 0;
    unsigned reloads = 0;
    for (const TestVector& vector : vectors) {
        const Outcome outcome = RoundTrip().run(vector.file);
        EXPECT_EQ(outcome.difference, "") << vector.name;
        equal += outcome.difference.empty() ? 1 : 0;
        frames += outcome.frames;
        reloads += outcome.reloads;
    }
    std::cout << GetParam() << ": " << equal << " of " << vectors.size() << " streams, " << frames
              << " frames, " << reloads << " hidden key frames shown\n";
}

INSTANTIATE_TEST_SUITE_P(Vectors, Av1RoundTrip,
                         testing::Values("AV1-TEST-VECTORS", "CHROMIUM-8bit-AV1-TEST-VECTORS",
                                         "CHROMIUM-10bit-AV1-TEST-VECTORS", "EXTRA-dav1d-test-data"),
                         [](const auto& info) { return test_name(info.param); });

class Av1Clip : public testing::TestWithParam<MadeClip> {};

TEST_P(Av1Clip, EveryFrameDecodesToTheSame) {
    const MadeClip& clip = GetParam();
    const auto file = make_clip(clip, ".ivf");
    if (!file)
        GTEST_SKIP() << "ffmpeg can't make this clip";
    const Outcome outcome = RoundTrip().run(*file);
    EXPECT_EQ(outcome.difference, "");
    EXPECT_GE(outcome.frames, static_cast<unsigned>(clip.frames));
}

INSTANTIATE_TEST_SUITE_P(
    Made, Av1Clip,
    testing::Values(
        MadeClip{"aom_default", "352x288", 40, "-c:v libaom-av1 -cpu-used 6 -crf 35 -g 20"},
        MadeClip{"aom_10bit", "226x130", 12, "-c:v libaom-av1 -cpu-used 6 -crf 40 -pix_fmt yuv420p10le"},
        MadeClip{"aom_monochrome", "226x130", 6, "-c:v libaom-av1 -cpu-used 6 -crf 40 -pix_fmt gray"},
        MadeClip{"aom_tiles", "640x360", 8, "-c:v libaom-av1 -cpu-used 8 -crf 40 -tiles 4x2 -usage realtime"},
        MadeClip{"aom_lossless", "160x96", 4, "-c:v libaom-av1 -cpu-used 8 -aom-params lossless=1"},
        MadeClip{"aom_screen", "320x180", 6,
                 "-c:v libaom-av1 -cpu-used 6 -crf 30 -aom-params tune-content=screen"},
        MadeClip{"aom_grain", "320x180", 10,
                 "-c:v libaom-av1 -cpu-used 6 -crf 40 -aom-params film-grain-test=1"},
        MadeClip{"aom_resilient", "176x144", 20,
                 "-c:v libaom-av1 -cpu-used 6 -crf 40 -aom-params error-resilient=1"},
        MadeClip{"aom_segments", "320x180", 12, "-c:v libaom-av1 -cpu-used 6 -crf 40 -aom-params aq-mode=1"},
        MadeClip{"aom_delta_q", "320x180", 6,
                 "-c:v libaom-av1 -cpu-used 6 -crf 40 -aom-params deltaq-mode=1:delta-lf-mode=1"},
        MadeClip{"svt_default", "320x180", 30, "-c:v libsvtav1 -preset 9 -crf 40 -g 15"},
        MadeClip{"svt_superres", "320x180", 12,
                 "-c:v libsvtav1 -preset 9 -crf 40 -svtav1-params superres-mode=2"},
        MadeClip{"svt_grain_10bit", "320x180", 12,
                 "-c:v libsvtav1 -preset 9 -crf 40 -pix_fmt yuv420p10le -svtav1-params film-grain=20"},
        MadeClip{"svt_open_gop", "320x180", 40,
                 "-c:v libsvtav1 -preset 9 -crf 40 -g 15 -svtav1-params irefresh-type=1:tile-columns=1"}),
    [](const auto& info) { return info.param.name; });

} // namespace
} // namespace daedalus::test
