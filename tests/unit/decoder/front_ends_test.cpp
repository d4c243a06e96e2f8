// SPDX-License-Identifier: BSD-2-Clause
// What front ends say of requests, without a decoder behind them.
#include "bitstream/mpeg2_headers.h"
#include "decoder/h264_front_end.h"
#include "decoder/mpeg2_front_end.h"
#include "decoder/vpx_front_ends.h"
#include "support/owned_control.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <algorithm>
#include <array>

namespace daedalus::decoder {
namespace {

using test::OwnedControl;

/// A request that owns what it points to.
struct Request {
    std::vector<OwnedControl> controls;
    std::vector<std::byte> bitstream;
    std::uint64_t timestamp = 0;

    [[nodiscard]] bridge::DecodeMessage message() {
        bridge::DecodeMessage message;
        for (const OwnedControl& control : controls)
            message.controls.add({.id = control.id, .elems = control.elems, .payload = control.payload});
        message.bitstream = bitstream;
        message.timestamp = timestamp;
        return message;
    }
};

std::vector<std::byte> bytes(std::initializer_list<unsigned> values) {
    std::vector<std::byte> result;
    for (const unsigned value : values)
        result.push_back(static_cast<std::byte>(value));
    return result;
}

PreparedPacket prepare(FrontEnd& front_end, Request request, Field open = Field::both) {
    return front_end.prepare(request.message(), open);
}

Request vp9(std::vector<std::byte> frame) {
    return {.controls = {OwnedControl::of(V4L2_CID_STATELESS_VP9_FRAME, v4l2_ctrl_vp9_frame{})},
            .bitstream = std::move(frame)};
}

/// libavcodec refuses to show what is in an empty slot, and then has no references.
TEST(Vp9FrontEnd, PushesOutWithASlotThatIsFilled) {
    Vp9FrontEnd front_end;
    // The stateful worker shows it no frames.
    ASSERT_EQ(front_end.filler().size(), 1U);
    EXPECT_EQ(front_end.filler()[0], 0x88);
    // frame_marker 10, profile 00, show_existing_frame 0, non-key 1, hidden 0, error_resilient 0; intra_only
    // 1, reset_frame_context 00, sync code 49 83 42, refresh_frame_flags 02.
    EXPECT_EQ(prepare(front_end, vp9(bytes({0x84, 0x89, 0x30, 0x68, 0x40, 0x40, 0x00}))).status,
              DAEDALUS_STATUS_OK);
    ASSERT_EQ(front_end.filler().size(), 1U);
    EXPECT_EQ(front_end.filler()[0], 0x89);
    front_end.reset();
    // A key frame fills all.
    EXPECT_EQ(prepare(front_end, vp9(bytes({0x82, 0x49, 0x83, 0x42, 0x00}))).status, DAEDALUS_STATUS_OK);
    EXPECT_EQ(front_end.filler()[0], 0x88);
}

v4l2_h264_dpb_entry entry(std::uint64_t timestamp, std::int32_t order) {
    v4l2_h264_dpb_entry entry = {};
    entry.reference_ts = timestamp;
    entry.flags = V4L2_H264_DPB_ENTRY_FLAG_VALID | V4L2_H264_DPB_ENTRY_FLAG_ACTIVE;
    entry.top_field_order_cnt = entry.bottom_field_order_cnt = order;
    return entry;
}

Request h264(bool intra, std::int32_t order, std::initializer_list<v4l2_h264_dpb_entry> references) {
    v4l2_ctrl_h264_sps sps = {};
    sps.profile_idc = 77;
    sps.level_idc = 30;
    sps.chroma_format_idc = 1;
    sps.flags = V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY;
    sps.pic_width_in_mbs_minus1 = sps.pic_height_in_map_units_minus1 = 3;
    v4l2_ctrl_h264_decode_params params = {};
    params.top_field_order_cnt = params.bottom_field_order_cnt = order;
    std::ranges::copy(references, params.dpb);
    // A slice that is no IDR picture's: first_mb_in_slice 0 ("1"), slice_type 7 (I, "0001000") or 5 (P,
    // "00110").
    return {.controls = {OwnedControl::of(V4L2_CID_STATELESS_H264_SPS, sps),
                         OwnedControl::of(V4L2_CID_STATELESS_H264_PPS, v4l2_ctrl_h264_pps{}),
                         OwnedControl::of(V4L2_CID_STATELESS_H264_DECODE_PARAMS, params)},
            .bitstream = bytes({0, 0, 1, 0x41, intra ? 0x88U : 0x9aU, 0x80})};
}

using Timestamps = std::pmr::vector<std::uint64_t>;

TEST(H264FrontEnd, ForgivesAtIPictures) {
    H264FrontEnd front_end;
    EXPECT_EQ(prepare(front_end, h264(false, 10, {entry(1, 8)})).references, Timestamps({1}));
    EXPECT_TRUE(prepare(front_end, h264(true, 20, {entry(1, 8), entry(2, 10)})).references.empty());
    // Shown before it, so it may need what came before it.
    EXPECT_EQ(prepare(front_end, h264(false, 14, {entry(2, 10), entry(3, 20)})).references,
              Timestamps({2, 3}));
    EXPECT_EQ(prepare(front_end, h264(false, 22, {entry(2, 10), entry(4, 14), entry(3, 20)})).references,
              Timestamps({3}));
    front_end.reset();
    EXPECT_EQ(prepare(front_end, h264(false, 22, {entry(2, 10)})).references, Timestamps({2}));
}

Request mpeg2(unsigned type, unsigned structure, std::uint64_t timestamp, std::uint64_t forward) {
    v4l2_ctrl_mpeg2_sequence sequence = {};
    sequence.horizontal_size = sequence.vertical_size = 64;
    sequence.chroma_format = 1;
    v4l2_ctrl_mpeg2_picture picture = {};
    picture.picture_coding_type = static_cast<__u8>(type);
    picture.picture_structure = static_cast<__u8>(structure);
    picture.forward_ref_ts = forward;
    picture.backward_ref_ts = UINT64_MAX;
    return {.controls = {OwnedControl::of(V4L2_CID_STATELESS_MPEG2_SEQUENCE, sequence),
                         OwnedControl::of(V4L2_CID_STATELESS_MPEG2_PICTURE, picture)},
            .bitstream = bytes({0, 0, 1, 1, 0}),
            .timestamp = timestamp};
}

constexpr unsigned i = V4L2_MPEG2_PIC_CODING_TYPE_I, p = V4L2_MPEG2_PIC_CODING_TYPE_P;
constexpr unsigned top = V4L2_MPEG2_PIC_TOP_FIELD, bottom = V4L2_MPEG2_PIC_BOTTOM_FIELD;

TEST(Mpeg2FrontEnd, SecondFieldsReferToTheFirst) {
    Mpeg2FrontEnd front_end;
    EXPECT_TRUE(prepare(front_end, mpeg2(i, top, 5, UINT64_MAX)).references.empty());
    // Whatever a client names when there is nothing before.
    EXPECT_EQ(prepare(front_end, mpeg2(p, bottom, 5, 0), Field::top).references, Timestamps({5}));
    EXPECT_EQ(prepare(front_end, mpeg2(p, top, 6, 5)).references, Timestamps({5}));
    EXPECT_EQ(prepare(front_end, mpeg2(p, bottom, 6, 5), Field::top).references, Timestamps({6, 5}));
    EXPECT_EQ(prepare(front_end, mpeg2(p, top, 7, 6)).references, Timestamps({6}));
    EXPECT_EQ(prepare(front_end, mpeg2(p, bottom, 7, UINT64_MAX), Field::top).references, Timestamps({7}));
}

/// libavcodec would take the next field, whichever it is, for the lost one.
TEST(Mpeg2FrontEnd, EachFrameOfFieldsBeginsAnew) {
    Mpeg2FrontEnd front_end;
    const auto group = bitstream::mpeg2_group_header();
    const auto begins = [&](const PreparedPacket& packet) {
        return !std::ranges::search(packet.prefix, group).empty();
    };
    EXPECT_TRUE(begins(prepare(front_end, mpeg2(i, top, 1, UINT64_MAX))));
    EXPECT_FALSE(begins(prepare(front_end, mpeg2(p, bottom, 1, UINT64_MAX), Field::top)));
    EXPECT_TRUE(begins(prepare(front_end, mpeg2(p, top, 2, 1))));
    EXPECT_TRUE(begins(prepare(front_end, mpeg2(p, top, 3, 2), Field::top))) << "two of the same parity";
    EXPECT_FALSE(begins(prepare(front_end, mpeg2(p, V4L2_MPEG2_PIC_FRAME, 4, 3))));
}

} // namespace
} // namespace daedalus::decoder
