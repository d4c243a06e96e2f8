// SPDX-License-Identifier: BSD-2-Clause
// Controls outside of requests: contract items 7, 10 and 11.
#include "client/scenario.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace daedalus::client {

namespace {

struct Expected {
    const char* name;
    uint32_t id;
    uint32_t size;
};

constexpr Expected compound[] = {
    {"SPS", V4L2_CID_STATELESS_H264_SPS, sizeof(v4l2_ctrl_h264_sps)},
    {"PPS", V4L2_CID_STATELESS_H264_PPS, sizeof(v4l2_ctrl_h264_pps)},
    {"SCALING_MATRIX", V4L2_CID_STATELESS_H264_SCALING_MATRIX, sizeof(v4l2_ctrl_h264_scaling_matrix)},
    {"PRED_WEIGHTS", V4L2_CID_STATELESS_H264_PRED_WEIGHTS, sizeof(v4l2_ctrl_h264_pred_weights)},
    {"SLICE_PARAMS", V4L2_CID_STATELESS_H264_SLICE_PARAMS, sizeof(v4l2_ctrl_h264_slice_params)},
    {"DECODE_PARAMS", V4L2_CID_STATELESS_H264_DECODE_PARAMS, sizeof(v4l2_ctrl_h264_decode_params)},
};

void sizes(Context& context) {
    const Device device(context.nodes());
    for (const Expected& expected : compound) {
        v4l2_query_ext_ctrl query{};
        query.id = expected.id;
        const int result = device.control(VIDIOC_QUERY_EXT_CTRL, &query);
        if (result < 0)
            fail_errno(std::string("QUERY_EXT_CTRL of ") + expected.name, -result);
        expect(query.elem_size == expected.size,
               std::string(expected.name) + " has " + std::to_string(query.elem_size) + " bytes");
    }
}

int get_value(const Device& device, uint32_t id) {
    v4l2_ext_control control{};
    control.id = id;
    v4l2_ext_controls controls{};
    controls.which = V4L2_CTRL_WHICH_CUR_VAL;
    controls.count = 1;
    controls.controls = &control;
    device.must("G_EXT_CTRLS", VIDIOC_G_EXT_CTRLS, &controls);
    return control.value;
}

int set_value(const Device& device, uint32_t id, int value) {
    v4l2_ext_control control{};
    control.id = id;
    control.value = value;
    v4l2_ext_controls controls{};
    controls.which = V4L2_CTRL_WHICH_CUR_VAL;
    controls.count = 1;
    controls.controls = &control;
    return device.control(VIDIOC_S_EXT_CTRLS, &controls);
}

void modes(Context& context) {
    const Device device(context.nodes());
    expect(get_value(device, V4L2_CID_STATELESS_H264_DECODE_MODE) ==
               V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED,
           "DECODE_MODE is not FRAME_BASED");
    expect(get_value(device, V4L2_CID_STATELESS_H264_START_CODE) == V4L2_STATELESS_H264_START_CODE_ANNEX_B,
           "START_CODE is not ANNEX_B");
    expect(set_value(device, V4L2_CID_STATELESS_H264_DECODE_MODE,
                     V4L2_STATELESS_H264_DECODE_MODE_FRAME_BASED) == 0,
           "DECODE_MODE can't be set to what it is");
    expect(set_value(device, V4L2_CID_STATELESS_H264_START_CODE, V4L2_STATELESS_H264_START_CODE_ANNEX_B) == 0,
           "START_CODE can't be set to what it is");
    expect(set_value(device, V4L2_CID_STATELESS_H264_DECODE_MODE,
                     V4L2_STATELESS_H264_DECODE_MODE_SLICE_BASED) < 0,
           "DECODE_MODE can be set to SLICE_BASED");
}

void menus(Context& context) {
    const Device device(context.nodes());
    const auto offers = [&](uint32_t id, uint32_t index) {
        v4l2_querymenu menu{};
        menu.id = id;
        menu.index = index;
        return device.control(VIDIOC_QUERYMENU, &menu) == 0;
    };
    for (const uint32_t profile : {V4L2_MPEG_VIDEO_H264_PROFILE_CONSTRAINED_BASELINE,
                                   V4L2_MPEG_VIDEO_H264_PROFILE_MAIN, V4L2_MPEG_VIDEO_H264_PROFILE_HIGH})
        expect(offers(V4L2_CID_MPEG_VIDEO_H264_PROFILE, profile),
               "profile " + std::to_string(profile) + " is not offered");
    for (const uint32_t level : {V4L2_MPEG_VIDEO_H264_LEVEL_1_0, V4L2_MPEG_VIDEO_H264_LEVEL_4_2})
        expect(offers(V4L2_CID_MPEG_VIDEO_H264_LEVEL, level),
               "level " + std::to_string(level) + " is not offered");
}

/** All zero but what says the depth: no value of a structure may be refused that a client sends. */
void zero_structures(Context& context) {
    const Device device(context.nodes());
    for (const Expected& expected : compound) {
        std::vector<uint8_t> zero(expected.size, 0);
        const Control control{.id = expected.id, .payload = zero};
        const int result = device.set_controls({&control, 1});
        if (result < 0)
            fail_errno(std::string("S_EXT_CTRLS of an all-zero ") + expected.name, -result);
    }
}

/** Everything that the clips hold was valid to an encoder, so the driver must take it. */
void valid_values(Context& context) {
    for (const char* name : {"refs16", "weighted", "high_8x8_matrix", "mbaff", "temporal_direct"}) {
        const Device device(context.nodes());
        const Clip clip = context.clip(name);
        for (h264::Picture picture : clip.stream.pictures) {
            const std::vector<Control> controls = {
                control_of(V4L2_CID_STATELESS_H264_SPS, picture.sps),
                control_of(V4L2_CID_STATELESS_H264_PPS, picture.pps),
                control_of(V4L2_CID_STATELESS_H264_SCALING_MATRIX, picture.scaling_matrix),
                control_of(V4L2_CID_STATELESS_H264_SLICE_PARAMS, picture.slice_params),
                control_of(V4L2_CID_STATELESS_H264_PRED_WEIGHTS, picture.pred_weights),
                control_of(V4L2_CID_STATELESS_H264_DECODE_PARAMS, picture.decode_params)};
            const int result = device.set_controls(controls);
            if (result < 0)
                fail_errno(std::string(name) + ": S_EXT_CTRLS", -result);
        }
    }
}

uint64_t refused_controls() {
    std::ifstream file("/sys/devices/platform/daedalus_v4l2/counters/refused_controls");
    uint64_t value = 0;
    expect(static_cast<bool>(file >> value), "the module does not count refused controls");
    return value;
}

struct Unsupported {
    const char* name;
    uint32_t id;
    std::vector<uint8_t> payload;
};

template <typename T>
std::vector<uint8_t> bytes_of(const T& value) {
    const auto* begin = reinterpret_cast<const uint8_t*>(&value);
    return {begin, begin + sizeof(value)};
}

/** What is valid in each codec, and not decoded here. */
std::vector<Unsupported> unsupported_streams() {
    std::vector<Unsupported> streams;
    const auto h264 = [&](const char* name, uint8_t chroma_format, uint8_t luma, uint8_t chroma) {
        v4l2_ctrl_h264_sps sps{};
        sps.profile_idc = 244; // High 4:4:4 Predictive, which has all of them
        sps.level_idc = 40;
        sps.chroma_format_idc = chroma_format;
        sps.bit_depth_luma_minus8 = static_cast<uint8_t>(luma - 8);
        sps.bit_depth_chroma_minus8 = static_cast<uint8_t>(chroma - 8);
        sps.pic_width_in_mbs_minus1 = 10;
        sps.pic_height_in_map_units_minus1 = 8;
        sps.flags = V4L2_H264_SPS_FLAG_FRAME_MBS_ONLY;
        streams.push_back({name, V4L2_CID_STATELESS_H264_SPS, bytes_of(sps)});
    };
    h264("H.264 4:2:2", 2, 8, 8);
    h264("H.264 4:2:2 of 10 bits", 2, 10, 10);
    h264("H.264 4:4:4", 3, 8, 8);
    h264("H.264 of 9 bits", 1, 9, 9);
    h264("H.264 of 12 bits", 1, 12, 12);
    h264("H.264 of 10 bits with chroma of 8", 1, 10, 8);
    const auto vp9 = [&](const char* name, uint8_t profile, uint8_t bits, uint32_t flags) {
        v4l2_ctrl_vp9_frame frame{};
        frame.profile = profile;
        frame.bit_depth = bits;
        frame.flags = V4L2_VP9_FRAME_FLAG_KEY_FRAME | V4L2_VP9_FRAME_FLAG_SHOW_FRAME | flags;
        frame.frame_width_minus_1 = 175;
        frame.frame_height_minus_1 = 143;
        frame.render_width_minus_1 = 175;
        frame.render_height_minus_1 = 143;
        streams.push_back({name, V4L2_CID_STATELESS_VP9_FRAME, bytes_of(frame)});
    };
    constexpr uint32_t both = V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING | V4L2_VP9_FRAME_FLAG_Y_SUBSAMPLING;
    vp9("VP9 4:4:4", 1, 8, 0);
    vp9("VP9 4:2:2", 1, 8, V4L2_VP9_FRAME_FLAG_X_SUBSAMPLING);
    vp9("VP9 4:4:4 of 10 bits", 3, 10, 0);
    vp9("VP9 of 12 bits", 2, 12, both);
    v4l2_ctrl_mpeg2_sequence mpeg2{};
    mpeg2.horizontal_size = 176;
    mpeg2.vertical_size = 144;
    mpeg2.chroma_format = 2;
    streams.push_back({"MPEG-2 4:2:2", V4L2_CID_STATELESS_MPEG2_SEQUENCE, bytes_of(mpeg2)});
#ifdef V4L2_CID_STATELESS_AV1_SEQUENCE
    const auto av1 = [&](const char* name, uint8_t profile, uint8_t bits, uint32_t flags) {
        v4l2_ctrl_av1_sequence sequence{};
        sequence.seq_profile = profile;
        sequence.bit_depth = bits;
        sequence.flags = flags;
        sequence.max_frame_width_minus_1 = 175;
        sequence.max_frame_height_minus_1 = 143;
        streams.push_back({name, V4L2_CID_STATELESS_AV1_SEQUENCE, bytes_of(sequence)});
    };
    av1("AV1 4:4:4", 1, 8, 0);
    av1("AV1 4:2:2", 2, 8, V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X);
    av1("AV1 of 12 bits", 2, 12, V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X | V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y);
#endif
    return streams;
}

/** Refused when the control is set, by an errno that clients understand; counted; and nothing comes of it. */
void unsupported(Context& context) {
    const Device device(context.nodes());
    const auto format = [&] {
        v4l2_format capture{};
        capture.type = V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE;
        device.must("G_FMT", VIDIOC_G_FMT, &capture);
        return capture.fmt.pix_mp;
    };
    const auto before = format();
    size_t refused = 0;
    for (Unsupported& stream : unsupported_streams()) {
        const uint64_t counted = refused_controls();
        const Control control{.id = stream.id, .payload = stream.payload};
        const int result = device.set_controls({&control, 1});
        expect(result == -EINVAL, std::string(stream.name) + " is not refused by EINVAL");
        // A control whose values no stream could have is refused before anybody asks the driver.
        expect(refused_controls() == counted + 1, std::string(stream.name) + " is not counted");
        const auto after = format();
        expect(std::memcmp(&after, &before, sizeof(before)) == 0,
               std::string(stream.name) + " changes the CAPTURE format");
        refused++;
    }
    context.figure("refused", static_cast<double>(refused), "streams", "11", refused >= 11);
}

void persistence(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1});
    decoder.start();
    decoder.submit_frames(0, 3);
    decoder.drain();
    decoder.flush();
    const h264::Picture& last = clip.stream.pictures[2];
    v4l2_ctrl_h264_sps sps{};
    v4l2_ctrl_h264_pps pps{};
    const std::vector<Control> controls = {control_of(V4L2_CID_STATELESS_H264_SPS, sps),
                                           control_of(V4L2_CID_STATELESS_H264_PPS, pps)};
    expect(decoder.device().get_controls(controls) == 0, "G_EXT_CTRLS");
    expect(std::memcmp(&sps, &last.sps, sizeof(sps)) == 0, "the SPS did not persist");
    expect(std::memcmp(&pps, &last.pps, sizeof(pps)) == 0, "the PPS did not persist");
}

/** A size that is not the structure's can't be read past its end. */
void wrong_sizes(Context& context) {
    const Device device(context.nodes());
    std::vector<uint8_t> bytes(8, 0xff);
    const Control control{.id = V4L2_CID_STATELESS_H264_SPS, .payload = bytes};
    expect(device.set_controls({&control, 1}) < 0, "an SPS of 8 bytes is taken");
}

/** An integer or boolean that can be written would make a request without codec controls valid. */
void nothing_else_writable(Context& context) {
    const Device device(context.nodes());
    v4l2_query_ext_ctrl query{};
    query.id = V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND;
    while (device.control(VIDIOC_QUERY_EXT_CTRL, &query) == 0) {
        const bool plain = query.type == V4L2_CTRL_TYPE_INTEGER || query.type == V4L2_CTRL_TYPE_BOOLEAN ||
                           query.type == V4L2_CTRL_TYPE_INTEGER64 || query.type == V4L2_CTRL_TYPE_BUTTON;
        expect(!plain || (query.flags & V4L2_CTRL_FLAG_READ_ONLY) != 0,
               std::string("the control \"") + query.name + "\" is writable");
        query.id |= V4L2_CTRL_FLAG_NEXT_CTRL | V4L2_CTRL_FLAG_NEXT_COMPOUND;
    }
}

void decoder_commands(Context& context) {
    const Device device(context.nodes());
    const auto attempt = [&](unsigned long ioctl, uint32_t command) {
        v4l2_decoder_cmd argument{};
        argument.cmd = command;
        return device.control(ioctl, &argument);
    };
    expect(attempt(VIDIOC_TRY_DECODER_CMD, V4L2_DEC_CMD_FLUSH) == 0, "TRY_DECODER_CMD(FLUSH)");
    expect(attempt(VIDIOC_DECODER_CMD, V4L2_DEC_CMD_FLUSH) == 0, "DECODER_CMD(FLUSH) with nothing held");
    for (const uint32_t command : {V4L2_DEC_CMD_START, V4L2_DEC_CMD_STOP, V4L2_DEC_CMD_PAUSE})
        expect(attempt(VIDIOC_TRY_DECODER_CMD, command) == -EINVAL,
               "TRY_DECODER_CMD of " + std::to_string(command) + " is not refused by EINVAL");
}

constexpr Scenario list[] = {
    {"controls_sizes", "the size of every structure", sizes},
    {"controls_modes", "DECODE_MODE and START_CODE", modes},
    {"controls_menus", "profiles and levels", menus},
    {"controls_zero", "structures of zeros", zero_structures},
    {"controls_valid", "what encoders make", valid_values},
    {"controls_unsupported", "profiles that are not decoded", unsupported},
    {"controls_wrong_sizes", "a structure of the wrong size", wrong_sizes},
    {"controls_nothing_else", "no other writable control", nothing_else_writable},
    {"controls_decoder_commands", "DECODER_CMD", decoder_commands},
    {"controls_persist", "values outlive requests and stream-off", persistence},
};

} // namespace

std::span<const Scenario> control_scenarios() {
    return list;
}

} // namespace daedalus::client
