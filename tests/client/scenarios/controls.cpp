// SPDX-License-Identifier: BSD-2-Clause
// Controls outside of requests: contract items 7, 10 and 11.
#include "client/scenario.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

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
