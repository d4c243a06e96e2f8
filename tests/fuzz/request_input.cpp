// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/request_input.h"

#include "bridge/message_parser.h"

#include <linux/videodev2.h>

namespace daedalus::fuzz {
namespace {

constexpr std::array<std::uint32_t, 7> h264 = {
    V4L2_CID_STATELESS_H264_SPS,           V4L2_CID_STATELESS_H264_PPS,
    V4L2_CID_STATELESS_H264_DECODE_PARAMS, V4L2_CID_STATELESS_H264_SCALING_MATRIX,
    V4L2_CID_STATELESS_H264_PRED_WEIGHTS,  V4L2_CID_STATELESS_H264_SLICE_PARAMS,
    V4L2_CID_STATELESS_H264_DECODE_MODE};
constexpr std::array<std::uint32_t, 2> vp9 = {V4L2_CID_STATELESS_VP9_FRAME,
                                              V4L2_CID_STATELESS_VP9_COMPRESSED_HDR};
constexpr std::array<std::uint32_t, 1> vp8 = {V4L2_CID_STATELESS_VP8_FRAME};
constexpr std::array<std::uint32_t, 3> mpeg2 = {V4L2_CID_STATELESS_MPEG2_SEQUENCE,
                                                V4L2_CID_STATELESS_MPEG2_PICTURE,
                                                V4L2_CID_STATELESS_MPEG2_QUANTISATION};
#ifdef V4L2_CID_STATELESS_AV1_FRAME
constexpr std::array<std::uint32_t, 4> av1 = {V4L2_CID_STATELESS_AV1_SEQUENCE, V4L2_CID_STATELESS_AV1_FRAME,
                                              V4L2_CID_STATELESS_AV1_FILM_GRAIN,
                                              V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY};
constexpr std::uint32_t array_control = V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY;
#else
constexpr std::array<std::uint32_t, 0> av1 = {};
constexpr std::uint32_t array_control = 0;
#endif

constexpr std::uint32_t unknown_control = 0xffff;

} // namespace

std::span<const std::uint32_t> controls_of(daedalus_codec codec) {
    switch (codec) {
    case DAEDALUS_CODEC_H264:
        return h264;
    case DAEDALUS_CODEC_VP9:
        return vp9;
    case DAEDALUS_CODEC_VP8:
        return vp8;
    case DAEDALUS_CODEC_MPEG2:
        return mpeg2;
    case DAEDALUS_CODEC_AV1:
        return av1;
    case DAEDALUS_CODEC_MPEG4: // no requests of these
    case DAEDALUS_CODEC_H263:
    case DAEDALUS_CODEC_COUNT:
        break;
    }
    return {};
}

RequestControls::RequestControls(FuzzInput& input, daedalus_codec codec) {
    const auto present = input.take<std::uint8_t>();
    for (unsigned bit = 0; const std::uint32_t id : controls_of(codec)) {
        if ((present >> bit++ & 1) == 0)
            continue;
        const std::uint32_t elems = id == array_control ? input.take<std::uint8_t>() : 1;
        const std::size_t size = bridge::control_element_size(id) * elems;
        add(id, elems, input.bytes(size), size);
    }
    if ((present & 0x80) != 0) {
        const std::size_t size = input.take<std::uint8_t>();
        add(unknown_control, 1, input.bytes(size), size);
    }
}

void RequestControls::add(std::uint32_t id, std::uint32_t elems, std::span<const std::uint8_t> bytes,
                          std::size_t size) {
    // What is missing at the end of an input is zero.
    std::vector<std::byte>& payload = payloads_.at(count_++);
    const auto given = std::as_bytes(bytes);
    payload.assign(given.begin(), given.end());
    payload.resize(size);
    require(set_.add({.id = id, .elems = elems, .payload = payload}));
}

} // namespace daedalus::fuzz
