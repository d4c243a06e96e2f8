// SPDX-License-Identifier: BSD-2-Clause
#include "support/vpx/stream.h"

#include "support/ivf.h"

#include <utility>

namespace daedalus::test::vpx {
namespace {

constexpr uint8_t all_slots = 0xff;
constexpr unsigned color_space_rgb = 7;

/** Bits of a header, zeros behind its end. h264::BitReader takes the last bit that is set for a stop bit. */
class HeaderBits {
  public:
    explicit HeaderBits(std::span<const uint8_t> bytes) : bytes_(bytes) {}

    unsigned take(unsigned count) {
        unsigned value = 0;
        for (; count > 0; count--, position_++) {
            const size_t byte = position_ / 8;
            const unsigned bit = byte < bytes_.size() ? bytes_[byte] >> (7 - position_ % 8) & 1 : 0;
            value = value << 1 | bit;
        }
        return value;
    }
    bool flag() { return take(1) != 0; }
    void skip(size_t count) { position_ += count; }

  private:
    std::span<const uint8_t> bytes_;
    size_t position_ = 0;
};

uint32_t little_endian(std::span<const uint8_t> bytes) {
    uint32_t value = 0;
    for (size_t i = bytes.size(); i > 0; i--)
        value = value << 8 | bytes[i - 1];
    return value;
}

std::vector<std::byte> owned(std::span<const uint8_t> bytes) {
    const auto view = std::as_bytes(bytes);
    return {view.begin(), view.end()};
}

/** color_config() (VP9 6.2.2); intra-only frames of profile 0 have none. */
void skip_color_config(HeaderBits& reader, unsigned profile) {
    if (profile >= 2)
        reader.skip(1); // ten_or_twelve_bit
    const bool odd_profile = profile == 1 || profile == 3;
    if (reader.take(3) != color_space_rgb)
        reader.skip(odd_profile ? 1 + 3 : 1);
    else if (odd_profile)
        reader.skip(1);
}

/** What uncompressed_header() (VP9 6.2) says of a frame; nothing of one that is only shown again. */
bool read_vp9_header(Frame& frame, std::span<const uint8_t> bytes, unsigned& profile) {
    HeaderBits reader(bytes);
    reader.skip(2); // frame_marker
    profile = reader.take(1);
    profile |= reader.take(1) << 1;
    if (profile == 3)
        reader.skip(1);
    if (reader.flag()) // show_existing_frame
        return false;
    const bool inter_type = reader.flag();
    frame.shown = reader.flag();
    const bool error_resilient = reader.flag();
    frame.intra = !inter_type;
    if (!inter_type) {
        frame.refresh = all_slots;
        return true;
    }
    const bool intra_only = !frame.shown && reader.flag();
    if (!error_resilient)
        reader.skip(2); // reset_frame_context
    if (intra_only) {
        reader.skip(24); // frame_sync_code
        if (profile > 0)
            skip_color_config(reader, profile);
    }
    frame.refresh = static_cast<uint8_t>(reader.take(8));
    for (int i = 0; i < 3 && !intra_only; i++) {
        frame.references.push_back(reader.take(3));
        reader.skip(1); // ref_frame_sign_bias
    }
    return true;
}

void take_vp8(Stream& stream, std::span<const uint8_t> packet) {
    Frame frame;
    frame.bytes = owned(packet);
    frame.intra = (packet[0] & 0x01) == 0;
    frame.shown = (packet[0] & 0x10) != 0;
    frame.packet = stream.packets.size();
    if (frame.shown)
        stream.decoded.push_back(true);
    stream.frames.push_back(std::move(frame));
}

void take_vp9(Stream& stream, std::span<const uint8_t> packet) {
    for (const auto bytes : split_superframe(packet)) {
        Frame frame;
        unsigned profile = 0;
        const bool coded = read_vp9_header(frame, bytes, profile);
        stream.ten_bits = stream.ten_bits || profile >= 2;
        if (!coded || frame.shown)
            stream.decoded.push_back(coded);
        if (!coded)
            continue;
        frame.bytes = owned(bytes);
        frame.packet = stream.packets.size();
        stream.frames.push_back(std::move(frame));
    }
}

} // namespace

std::vector<std::span<const uint8_t>> split_superframe(std::span<const uint8_t> packet) {
    const unsigned last = packet.back();
    const size_t count = (last & 7) + 1, size_bytes = (last >> 3 & 3) + 1, index = 2 + count * size_bytes;
    if ((last & 0xe0) != 0xc0 || packet.size() < index || packet[packet.size() - index] != last)
        return {packet};
    std::vector<std::span<const uint8_t>> frames;
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t size =
            little_endian(packet.subspan(packet.size() - index + 1 + i * size_bytes, size_bytes));
        if (size > packet.size() - index - at)
            return {packet};
        if (size > 0)
            frames.push_back(packet.subspan(at, size));
        at += size;
    }
    return frames;
}

std::expected<Stream, std::string> read_stream(const std::string& path) {
    auto ivf = read_ivf(path);
    if (!ivf)
        return std::unexpected(std::move(ivf.error()));
    if (ivf->codec != "VP80" && ivf->codec != "VP90")
        return std::unexpected(path + " is neither VP8 nor VP9");
    Stream stream;
    stream.vp9 = ivf->codec == "VP90";
    stream.width = ivf->width;
    stream.height = ivf->height;
    for (auto& packet : ivf->packets) {
        if (packet.empty())
            continue;
        if (stream.vp9)
            take_vp9(stream, packet);
        else
            take_vp8(stream, packet);
        stream.packets.push_back(std::move(packet));
    }
    return stream;
}

} // namespace daedalus::test::vpx
