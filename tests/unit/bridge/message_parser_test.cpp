// SPDX-License-Identifier: BSD-2-Clause
#include "bridge/message_parser.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <functional>
#include <random>
#include <vector>

namespace daedalus::bridge {
namespace {

/// A DECODE with one VP8 FRAME control and a bitstream of 13 bytes.
struct Decode {
    daedalus_msg_decode fixed = {};
    daedalus_control control = {};
    v4l2_ctrl_vp8_frame frame = {};
    std::size_t bitstream_size = 13;

    Decode() {
        control.id = V4L2_CID_STATELESS_VP8_FRAME;
        control.size = sizeof(frame);
        control.elems = 1;
        frame.width = 321;
        fixed.cookie = 7;
        fixed.timestamp = 40'000;
        fixed.dst_buffer = 3;
        fixed.dst.planes = 1;
        fixed.controls_offset = sizeof(fixed);
        fixed.controls_length = sizeof(control) + (sizeof(frame) + 7) / 8 * 8;
        fixed.bitstream_offset = fixed.controls_offset + fixed.controls_length;
        fixed.bitstream_length = static_cast<std::uint32_t>(bitstream_size);
        fixed.header.type = DAEDALUS_MSG_DECODE;
        fixed.header.length = fixed.bitstream_offset + 16;
    }

    [[nodiscard]] std::vector<std::byte> bytes() const {
        std::vector<std::byte> result(sizeof(fixed) + sizeof(control) + (sizeof(frame) + 7) / 8 * 8 + 16);
        std::memcpy(result.data(), &fixed, sizeof(fixed));
        std::memcpy(result.data() + sizeof(fixed), &control, sizeof(control));
        std::memcpy(result.data() + sizeof(fixed) + sizeof(control), &frame, sizeof(frame));
        return result;
    }
};

template <typename T>
std::vector<std::byte> as_bytes(const T& value) {
    std::vector<std::byte> result(sizeof(T));
    std::memcpy(result.data(), &value, sizeof(T));
    return result;
}

util::Result<std::optional<Message>> parse_first(std::vector<std::byte> bytes) {
    return MessageParser(bytes).next();
}

bool refused(const std::vector<std::byte>& bytes) {
    const auto message = parse_first(bytes);
    return !message && message.error().code == std::errc::protocol_error;
}

TEST(MessageParser, NothingHasNoMessages) {
    const auto message = parse_first({});
    ASSERT_TRUE(message);
    EXPECT_FALSE(*message);
}

TEST(MessageParser, ReadsADecode) {
    std::vector<std::byte> bytes = Decode().bytes();
    MessageParser parser(bytes);
    const auto message = parser.next();
    ASSERT_TRUE(message) << message.error().message;
    const auto& decode = std::get<DecodeMessage>(**message);
    EXPECT_EQ(decode.cookie, 7U);
    EXPECT_EQ(decode.timestamp, 40'000U);
    EXPECT_EQ(decode.dst_buffer, 3U);
    EXPECT_EQ(decode.bitstream.size(), 13U);
    EXPECT_EQ(decode.bitstream.data(), bytes.data() + bytes.size() - 16);
    const auto frame = decode.controls.get<v4l2_ctrl_vp8_frame>(V4L2_CID_STATELESS_VP8_FRAME);
    ASSERT_TRUE(frame);
    EXPECT_EQ(frame->width, 321);
    EXPECT_FALSE(decode.controls.find(V4L2_CID_STATELESS_H264_SPS));
    EXPECT_FALSE(*parser.next());
}

TEST(MessageParser, StepsThroughSeveral) {
    std::vector<std::byte> bytes = Decode().bytes();
    const daedalus_msg_flush flush = {{DAEDALUS_MSG_FLUSH, sizeof(flush)}, 9, DAEDALUS_FLUSH_CAPTURE};
    const daedalus_msg_retire retire = {{DAEDALUS_MSG_RETIRE, sizeof(retire)}, 5};
    for (const auto& more : {as_bytes(flush), as_bytes(retire)})
        bytes.insert(bytes.end(), more.begin(), more.end());
    MessageParser parser(bytes);
    EXPECT_TRUE(std::holds_alternative<DecodeMessage>(**parser.next()));
    EXPECT_EQ(std::get<FlushMessage>(**parser.next()).epoch, 9U);
    EXPECT_EQ(std::get<RetireMessage>(**parser.next()).buffer, 5U);
    EXPECT_FALSE(*parser.next());
}

TEST(MessageParser, RefusesWhatTheProtocolForbids) {
    const std::vector<std::pair<const char*, std::function<void(Decode&)>>> wrongs = {
        {"length 0", [](Decode& d) { d.fixed.header.length = 0; }},
        {"length 4", [](Decode& d) { d.fixed.header.length = 4; }},
        {"odd length", [](Decode& d) { d.fixed.header.length -= 1; }},
        {"length beyond the data", [](Decode& d) { d.fixed.header.length += 8; }},
        {"huge length", [](Decode& d) { d.fixed.header.length = 0xfffffff8; }},
        {"shorter than its fixed part", [](Decode& d) { d.fixed.header.length = 16; }},
        {"unknown type", [](Decode& d) { d.fixed.header.type = 99; }},
        {"no cookie", [](Decode& d) { d.fixed.cookie = 0; }},
        {"no destination", [](Decode& d) { d.fixed.dst_buffer = 0; }},
        {"unknown flags", [](Decode& d) { d.fixed.flags = 1U << 31; }},
        {"reserved field", [](Decode& d) { d.fixed.reserved32 = 1; }},
        {"no planes", [](Decode& d) { d.fixed.dst.planes = 0; }},
        {"four planes", [](Decode& d) { d.fixed.dst.planes = 4; }},
        {"controls in the fixed part", [](Decode& d) { d.fixed.controls_offset = 8; }},
        {"unaligned controls", [](Decode& d) { d.fixed.controls_offset += 4; }},
        {"controls beyond the end", [](Decode& d) { d.fixed.controls_length = 0xfffffff0; }},
        {"bitstream in the controls", [](Decode& d) { d.fixed.bitstream_offset = d.fixed.controls_offset; }},
        {"bitstream beyond the end", [](Decode& d) { d.fixed.bitstream_length = 17; }},
        {"offset and length that overflow",
         [](Decode& d) {
             d.fixed.bitstream_offset = 0xfffffff8;
             d.fixed.bitstream_length = 0x10;
         }},
        {"control too small", [](Decode& d) { d.control.size -= 8; }},
        {"control too large", [](Decode& d) { d.control.size = 0xffffffff; }},
        {"two elements", [](Decode& d) { d.control.elems = 2; }},
        {"control with a reserved field", [](Decode& d) { d.control.reserved32 = 1; }},
        {"half a control", [](Decode& d) { d.fixed.controls_length = 8; }},
    };
    for (const auto& [name, change] : wrongs) {
        Decode decode;
        change(decode);
        EXPECT_TRUE(refused(decode.bytes())) << name;
    }
}

TEST(MessageParser, RefusesTheSameControlTwice) {
    Decode decode;
    std::vector<std::byte> bytes = decode.bytes();
    const std::size_t record = decode.fixed.controls_length;
    const std::vector<std::byte> copy(bytes.begin() + sizeof(decode.fixed),
                                      bytes.begin() +
                                          static_cast<std::ptrdiff_t>(sizeof(decode.fixed) + record));
    bytes.insert(bytes.begin() + sizeof(decode.fixed), copy.begin(), copy.end());
    decode.fixed.controls_length += record;
    decode.fixed.bitstream_offset += record;
    decode.fixed.header.length += record;
    std::memcpy(bytes.data(), &decode.fixed, sizeof(decode.fixed));
    EXPECT_TRUE(refused(bytes));
}

TEST(MessageParser, ReadsAndRefusesFormats) {
    daedalus_msg_format format = {};
    format.header = {DAEDALUS_MSG_FORMAT, sizeof(format)};
    format.codec = DAEDALUS_CODEC_VP9;
    format.input_epoch = 7;
    format.coded_width = 640;
    format.capture.planes = 1;
    const auto good = parse_first(as_bytes(format));
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(std::get<FormatMessage>(**good).codec, DAEDALUS_CODEC_VP9);
    EXPECT_EQ(std::get<FormatMessage>(**good).coded_width, 640U);
    EXPECT_EQ(std::get<FormatMessage>(**good).kind, DAEDALUS_SESSION_STATELESS);
    EXPECT_EQ(std::get<FormatMessage>(**good).input_epoch, 7U);
    auto bad = format;
    bad.codec = DAEDALUS_CODEC_COUNT;
    EXPECT_TRUE(refused(as_bytes(bad)));
    bad = format;
    bad.kind = 2;
    EXPECT_TRUE(refused(as_bytes(bad)));
    bad = format;
    bad.header.length -= 8;
    EXPECT_TRUE(refused(as_bytes(bad)));
}

TEST(MessageParser, RefusesFlushesOfNothingAndOfTheUnknown) {
    daedalus_msg_flush flush = {{DAEDALUS_MSG_FLUSH, sizeof(flush)}, 9, 0};
    EXPECT_TRUE(refused(as_bytes(flush)));
    flush.flags = 4;
    EXPECT_TRUE(refused(as_bytes(flush)));
}

/// An INPUT with a bitstream of 13 bytes.
std::vector<std::byte> input_bytes(const std::function<void(daedalus_msg_input&)>& change = {}) {
    daedalus_msg_input input = {};
    input.header = {DAEDALUS_MSG_INPUT, sizeof(input) + 16};
    input.cookie = 8;
    input.timestamp = 50'000;
    input.queued = 2;
    input.bitstream_offset = sizeof(input);
    input.bitstream_length = 13;
    if (change)
        change(input);
    std::vector<std::byte> bytes = as_bytes(input);
    bytes.resize(sizeof(input) + 16);
    return bytes;
}

TEST(MessageParser, ReadsInputs) {
    std::vector<std::byte> bytes = input_bytes();
    MessageParser parser(bytes);
    const auto message = parser.next();
    ASSERT_TRUE(message) << message.error().message;
    const auto& input = std::get<InputMessage>(**message);
    EXPECT_EQ(input.cookie, 8U);
    EXPECT_EQ(input.timestamp, 50'000U);
    EXPECT_EQ(input.queued, 2U);
    EXPECT_EQ(input.bitstream.size(), 13U);
    EXPECT_EQ(input.bitstream.data(), bytes.data() + sizeof(daedalus_msg_input));
}

TEST(MessageParser, RefusesWrongInputs) {
    const std::vector<std::pair<const char*, std::function<void(daedalus_msg_input&)>>> wrongs = {
        {"no cookie", [](auto& input) { input.cookie = 0; }},
        {"unknown flags", [](auto& input) { input.flags = 1; }},
        {"reserved field", [](auto& input) { input.reserved32 = 1; }},
        {"another reserved field", [](auto& input) { input.reserved = 1; }},
        {"bitstream in the fixed part", [](auto& input) { input.bitstream_offset = 8; }},
        {"unaligned bitstream", [](auto& input) { input.bitstream_offset += 1; }},
        {"bitstream beyond the end", [](auto& input) { input.bitstream_length = 17; }},
        {"shorter than its fixed part", [](auto& input) { input.header.length = 56; }},
        {"offset and length that overflow",
         [](auto& input) {
             input.bitstream_offset = 0xfffffff8;
             input.bitstream_length = 0x10;
         }},
    };
    for (const auto& [name, change] : wrongs)
        EXPECT_TRUE(refused(input_bytes(change))) << name;
}

TEST(MessageParser, ReadsAndRefusesCaptures) {
    daedalus_msg_capture capture = {};
    capture.header = {DAEDALUS_MSG_CAPTURE, sizeof(capture)};
    capture.cookie = 4;
    capture.buffer = 6;
    capture.flags = DAEDALUS_CAPTURE_IMPORTED;
    capture.layout.planes = 1;
    capture.layout.width = 320;
    const auto good = parse_first(as_bytes(capture));
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(std::get<CaptureMessage>(**good).buffer, 6U);
    EXPECT_EQ(std::get<CaptureMessage>(**good).layout.width, 320U);
    const std::vector<std::pair<const char*, std::function<void(daedalus_msg_capture&)>>> wrongs = {
        {"no cookie", [](auto& bad) { bad.cookie = 0; }},
        {"no buffer", [](auto& bad) { bad.buffer = 0; }},
        {"unknown flags", [](auto& bad) { bad.flags = 2; }},
        {"reserved field", [](auto& bad) { bad.reserved32 = 1; }},
        {"four planes", [](auto& bad) { bad.layout.planes = 4; }},
        {"length", [](auto& bad) { bad.header.length -= 8; }},
    };
    for (const auto& [name, change] : wrongs) {
        auto bad = capture;
        change(bad);
        EXPECT_TRUE(refused(as_bytes(bad))) << name;
    }
}

TEST(MessageParser, ReadsAndRefusesDrains) {
    daedalus_msg_drain drain = {{DAEDALUS_MSG_DRAIN, sizeof(drain)}, 3, 1, 0};
    const auto good = parse_first(as_bytes(drain));
    ASSERT_TRUE(good) << good.error().message;
    EXPECT_EQ(std::get<DrainMessage>(**good).cookie, 3U);
    EXPECT_EQ(std::get<DrainMessage>(**good).attempt, 1U);
    drain.reserved32 = 1;
    EXPECT_TRUE(refused(as_bytes(drain)));
    drain.reserved32 = 0;
    drain.cookie = 0;
    EXPECT_TRUE(refused(as_bytes(drain)));
}

TEST(MessageParser, SurvivesAnyBytes) {
    std::mt19937 random(1);
    const std::vector<std::byte> good = Decode().bytes();
    for (int round = 0; round < 20'000; round++) {
        std::vector<std::byte> bytes = good;
        for (unsigned changes = 1 + random() % 4; changes > 0; changes--)
            bytes[random() % sizeof(Decode)] = static_cast<std::byte>(random());
        bytes.resize(random() % 4 == 0 ? random() % bytes.size() : bytes.size());
        MessageParser parser(bytes);
        while (const auto message = parser.next()) {
            if (!*message)
                break;
            if (const auto* decode = std::get_if<DecodeMessage>(&**message)) {
                ASSERT_GE(decode->bitstream.data(), bytes.data());
                ASSERT_LE(decode->bitstream.data() + decode->bitstream.size(), bytes.data() + bytes.size());
            }
        }
    }
}

} // namespace
} // namespace daedalus::bridge
