// SPDX-License-Identifier: BSD-2-Clause
// AV1 through the worker: every frame, hidden ones too, must be the one that libdav1d decodes from the
// stream.
#include "support/av1/stream.h"
#include "support/ivf.h"
#include "unit/bitstream/dav1d_decoder.h"
#include "unit/bitstream/test_streams.h"
#include "worker/request_check.h"

#include <gtest/gtest.h>

namespace daedalus::test {
namespace {

Request request_of(const av1::Request& taken, const std::string& expected) {
    const auto bytes = std::as_bytes(std::span(taken.bitstream));
    return {.controls = {OwnedControl::of(V4L2_CID_STATELESS_AV1_SEQUENCE, taken.sequence),
                         OwnedControl::of(V4L2_CID_STATELESS_AV1_FRAME, taken.frame),
                         OwnedControl::of(V4L2_CID_STATELESS_AV1_FILM_GRAIN, taken.film_grain),
                         OwnedControl::of_array(V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY,
                                                std::span(std::as_const(taken.tiles)))},
            .bitstream = {bytes.begin(), bytes.end()},
            .timestamp = taken.timestamp,
            .width = taken.frame.upscaled_width,
            .height = taken.frame.frame_height_minus_1 + 1U,
            .ten_bits = taken.sequence.bit_depth > 8,
            .expected = expected};
}

/// The requests that a client makes of the stream; empty, with a failure noted, if it can't be taken apart.
std::vector<Request> requests_of(const std::filesystem::path& path) {
    std::vector<Request> requests;
    const auto ivf = read_ivf(path);
    EXPECT_TRUE(ivf);
    Dav1dDecoder decoder;
    av1::StreamParser parser;
    for (const auto& unit : ivf->packets) {
        const std::vector<std::string> expected = decoder.decode(unit);
        const auto events = parser.parse(unit);
        EXPECT_TRUE(events) << events.error();
        if (!events || events->size() != expected.size()) {
            ADD_FAILURE() << "the stream is not taken apart as dav1d does";
            return {};
        }
        for (std::size_t i = 0; i < expected.size(); i++)
            if ((*events)[i].request)
                requests.push_back(request_of(*(*events)[i].request, expected[i]));
    }
    return requests;
}

class Av1Worker : public testing::TestWithParam<MadeClip> {};

TEST_P(Av1Worker, DecodesEveryFrame) {
    const auto path = make_clip(GetParam(), ".ivf");
    if (!path)
        GTEST_SKIP() << "ffmpeg can't make this clip";
    expect_right(DAEDALUS_CODEC_AV1, requests_of(*path), true);
}

INSTANTIATE_TEST_SUITE_P(
    Made, Av1Worker,
    testing::Values(MadeClip{"aom_worker", "352x288", 30, "-c:v libaom-av1 -cpu-used 6 -crf 35 -g 20"},
                    MadeClip{"aom_worker_odd", "226x130", 12, "-c:v libaom-av1 -cpu-used 6 -crf 40"},
                    MadeClip{"aom_worker_10bit", "226x130", 12,
                             "-c:v libaom-av1 -cpu-used 6 -crf 40 -pix_fmt yuv420p10le"},
                    MadeClip{"aom_worker_tiles", "640x360", 8,
                             "-c:v libaom-av1 -cpu-used 8 -crf 40 -tiles 4x2 -usage realtime"},
                    MadeClip{"aom_worker_grain", "320x180", 10,
                             "-c:v libaom-av1 -cpu-used 6 -crf 40 -aom-params film-grain-test=1"},
                    MadeClip{"svt_worker", "320x180", 30, "-c:v libsvtav1 -preset 9 -crf 40 -g 15"},
                    MadeClip{"svt_worker_superres", "320x180", 12,
                             "-c:v libsvtav1 -preset 9 -crf 40 -svtav1-params superres-mode=2"}),
    [](const auto& info) { return info.param.name; });

} // namespace
} // namespace daedalus::test
