// SPDX-License-Identifier: BSD-2-Clause
#include "bench/clip_formats.h"
#include "decoder/decoder.h"
#include "support/h264/stream.h"

#include <fstream>
#include <iterator>

namespace daedalus::bench {
namespace {

namespace h264 = test::h264;
using test::OwnedControl;

constexpr unsigned slice = 1, idr_slice = 5;

std::uint64_t timestamp_of(std::uint32_t frame) {
    return h264::microsecond_counter(frame + 1);
}

/// The parameter sets in front of the first slice. libx264 repeats them, the same, at each IDR picture.
std::vector<std::byte> parameter_sets(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> chars{std::istreambuf_iterator<char>(file), {}};
    const auto bytes = std::as_bytes(std::span(chars));
    std::size_t end = 0;
    for (; end + 4 < bytes.size(); end++) {
        const auto type = std::to_integer<unsigned>(bytes[end + 3]) & 0x1f;
        if (bytes[end] == std::byte{0} && bytes[end + 1] == std::byte{0} && bytes[end + 2] == std::byte{1} &&
            (type == slice || type == idr_slice))
            break;
    }
    const Packet headers(bytes.first(end));
    return {headers.padded().begin(), headers.padded().end()};
}

Request request_of(h264::Picture& picture) {
    h264::name_references(picture, timestamp_of);
    const auto bytes = std::as_bytes(std::span(picture.bitstream));
    Request request{
        .controls = {OwnedControl::of(V4L2_CID_STATELESS_H264_SPS, picture.sps),
                     OwnedControl::of(V4L2_CID_STATELESS_H264_PPS, picture.pps),
                     OwnedControl::of(V4L2_CID_STATELESS_H264_DECODE_PARAMS, picture.decode_params)},
        .bitstream = {bytes.begin(), bytes.end()},
        .timestamp = timestamp_of(picture.frame),
        .packet = picture.frame,
        .references = {}};
    if (picture.scaling_matrix_present)
        request.controls.push_back(
            OwnedControl::of(V4L2_CID_STATELESS_H264_SCALING_MATRIX, picture.scaling_matrix));
    // Each picture is a whole frame: their numbers are those of the requests.
    for (std::size_t i = 0; i < picture.references.size(); i++)
        if ((picture.decode_params.dpb[i].flags & V4L2_H264_DPB_ENTRY_FLAG_VALID) != 0 &&
            picture.references[i] != h264::no_frame)
            request.references.push_back(picture.references[i]);
    return request;
}

} // namespace

Clip read_h264_clip(const std::string& path) {
    auto stream = parsed(h264::read_stream(path), path);
    Clip clip;
    clip.codec = DAEDALUS_CODEC_H264;
    clip.headers = parameter_sets(path);
    for (h264::Picture& picture : stream.pictures) {
        if (picture.is_field)
            throw std::runtime_error(path + ": has frames of two fields");
        clip.requests.push_back(request_of(picture));
        clip.packets.emplace_back(clip.requests.back().bitstream);
    }
    if (!stream.frames.empty()) {
        clip.width = stream.frames[0].coded_width;
        clip.height = stream.frames[0].coded_height;
    }
    return clip;
}

} // namespace daedalus::bench
