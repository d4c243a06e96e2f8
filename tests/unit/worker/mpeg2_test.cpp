// SPDX-License-Identifier: BSD-2-Clause
// MPEG-2 through the worker: every picture must be the one that libavcodec decodes from the whole stream.
#include "bitstream/bit_writer.h"
#include "bitstream/mpeg2_headers.h"
#include "support/mpeg2/stream.h"
#include "unit/bitstream/av_decoder.h"
#include "unit/bitstream/test_streams.h"
#include "worker/request_check.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <set>
#include <utility>

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
             .second_field = picture.second_field,
             .expected = expected.at(picture.frame)});
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

/// A frame of which each field is predicted from another one, without any motion or residual. `parity`: of
/// the field that it is predicted from (H.262 6.2.5, 7.6.2).
std::vector<std::uint8_t> predicted_field(const mpeg2::Picture& like, unsigned parity) {
    const unsigned columns = (like.sequence.horizontal_size + 15U) / 16;
    const unsigned rows = (like.sequence.vertical_size + 31U) / 32;
    std::vector<std::uint8_t> slices;
    for (unsigned row = 0; row < rows; row++) {
        bitstream::BitWriter writer;
        writer.bits(0x000101 + row, 32); // slice_start_code
        writer.bits(1, 5);               // quantiser_scale_code
        writer.flag(false);              // extra_bit_slice
        for (unsigned column = 0; column < columns; column++) {
            writer.bits(1, 1);      // macroblock_address_increment: 1
            writer.bits(1, 3);      // macroblock_type: forward motion, no pattern
            writer.bits(1, 2);      // field_motion_type: field
            writer.bits(parity, 1); // motion_vertical_field_select
            writer.bits(3, 2);      // motion_code, twice: 0
        }
        writer.align();
        const auto bytes = writer.take();
        slices.insert(slices.end(), bytes.begin(), bytes.end());
    }
    return slices;
}

/// Frames of two fields. No encoder at hand makes any, but the slices of an I frame of half the height are
/// those of an I field.
std::vector<mpeg2::Picture> make_fields() {
    std::vector<mpeg2::Picture> fields;
    const auto add = [&](const mpeg2::Picture& like, bool second, unsigned type,
                         std::vector<std::uint8_t> slices) {
        mpeg2::Picture field = like;
        field.sequence.vertical_size = static_cast<std::uint16_t>(field.sequence.vertical_size * 2);
        field.sequence.flags = 0;
        field.picture.picture_coding_type = static_cast<std::uint8_t>(type);
        field.picture.picture_structure = second ? V4L2_MPEG2_PIC_BOTTOM_FIELD : V4L2_MPEG2_PIC_TOP_FIELD;
        field.picture.flags &= ~(V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST | V4L2_MPEG2_PIC_FLAG_FRAME_PRED_DCT |
                                 V4L2_MPEG2_PIC_FLAG_PROGRESSIVE);
        const bool predicted = type == V4L2_MPEG2_PIC_CODING_TYPE_P;
        std::ranges::fill(field.picture.f_code[0], predicted ? 1 : 15);
        std::ranges::fill(field.picture.f_code[1], 15);
        // As GStreamer names them, also for second fields.
        field.picture.forward_ref_ts =
            predicted && field.frame > 0 ? (field.frame - 1) * std::uint64_t{1000} : mpeg2::no_reference;
        field.second_field = second;
        field.bitstream = std::move(slices);
        fields.push_back(std::move(field));
    };
    for (const mpeg2::Picture& frame :
         make_stream({"mpeg2_fields", "352x144", 8, "-c:v mpeg2video -q:v 4 -g 1"}).pictures) {
        mpeg2::Picture doubled = frame;
        doubled.sequence.vertical_size = static_cast<std::uint16_t>(frame.sequence.vertical_size * 2);
        // Every third begins with a P field; second fields are predicted from the first one, then from the
        // frame before.
        if (frame.frame % 3 == 2)
            add(frame, false, V4L2_MPEG2_PIC_CODING_TYPE_P, predicted_field(doubled, 0));
        else
            add(frame, false, V4L2_MPEG2_PIC_CODING_TYPE_I, frame.bitstream);
        add(frame, true, V4L2_MPEG2_PIC_CODING_TYPE_P, predicted_field(doubled, frame.frame % 2));
    }
    return fields;
}

/// What libavcodec makes of the whole stream.
std::vector<std::string> decode_fields(const std::vector<mpeg2::Picture>& fields) {
    AvDecoder decoder(AV_CODEC_ID_MPEG2VIDEO);
    std::vector<std::uint8_t> frame;
    for (const mpeg2::Picture& field : fields) {
        const auto append = [&](const std::vector<std::uint8_t>& bytes) {
            frame.insert(frame.end(), bytes.begin(), bytes.end());
        };
        if (field.frame == 0 && !field.second_field)
            append(bitstream::mpeg2_sequence_headers(field.sequence).value());
        append(bitstream::mpeg2_picture_headers(field.sequence, field.picture, &field.quantisation).value());
        append(field.bitstream);
        if (field.second_field)
            decoder.decode(std::exchange(frame, {}));
    }
    std::vector<std::string> frames = decoder.finish();
    // Since libavcodec 60 there is a reference that it makes up for the first P field.
    if (frames.size() == fields.size() / 2 + 1)
        frames.erase(frames.begin() + 1);
    return frames;
}

void expect_frames(const std::vector<Request>& requests, const PlaySettings& settings) {
    const std::vector<Outcome> outcomes = play_requests(DAEDALUS_CODEC_MPEG2, requests, settings);
    ASSERT_EQ(outcomes.size(), requests.size());
    for (std::size_t i = 0; i < outcomes.size(); i++) {
        EXPECT_EQ(outcomes[i].status, DAEDALUS_STATUS_OK) << "field " << i;
        if (requests[i].second_field) {
            EXPECT_EQ(outcomes[i].description, requests[i].expected) << "field " << i;
        }
    }
}

TEST(Mpeg2Fields, MakeFrames) {
    const auto fields = make_fields();
    ASSERT_FALSE(fields.empty());
    const auto requests = requests_of(fields, decode_fields(fields));
    std::set<std::string> frames;
    for (const Request& request : requests)
        frames.insert(request.expected);
    EXPECT_GE(frames.size(), fields.size() / 3) << "they should differ";
    for (const PlaySettings& settings : {PlaySettings{1, 1, false}, PlaySettings{2, 2, true}})
        expect_frames(requests, settings);
}

/// The fields behind it still belong to those they came with.
TEST(Mpeg2Fields, OneIsLost) {
    const auto fields = make_fields();
    ASSERT_FALSE(fields.empty());
    auto requests = requests_of(fields, decode_fields(fields));
    requests.erase(requests.begin() + 3); // the second of the second frame: nothing is predicted from it
    expect_frames(requests, {});
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
