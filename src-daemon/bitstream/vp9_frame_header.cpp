// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/vp9_frame_header.h"

#include "bitstream/bits_at.h"

#include <optional>

namespace daedalus::bitstream {
namespace {

constexpr unsigned frame_marker = 2;
constexpr unsigned sync_code = 0x498342;
constexpr unsigned color_space_rgb = 7;
constexpr std::uint8_t all_slots = 0xff;

/// Reads an uncompressed_header() from its begin on.
class Header {
  public:
    explicit Header(std::span<const std::byte> bytes) : bytes_(bytes) {}

    unsigned take(unsigned count) {
        const unsigned value = bits_at(bytes_, at_, count);
        at_ += count;
        return value;
    }
    bool flag() { return take(1) != 0; }
    [[nodiscard]] bool ended() const { return at_ > bytes_.size() * 8; }

  private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
};

/// What every header begins with.
struct Begin {
    unsigned profile = 0;
    bool key = false;
    bool shown = false;
    bool error_resilient = false;
};

/// Nothing: this is no frame of its own.
std::optional<Begin> take_begin(Header& header) {
    if (header.take(2) != frame_marker)
        return std::nullopt;
    Begin begin;
    begin.profile = header.take(1);
    begin.profile |= header.take(1) << 1;
    if (begin.profile == 3)
        header.take(1); // reserved_zero
    if (header.flag())  // show_existing_frame
        return std::nullopt;
    begin.key = !header.flag();
    begin.shown = header.flag();
    begin.error_resilient = header.flag();
    return begin;
}

/// color_config() of an intra-only frame, for which profile 0 has none.
void skip_color_config(Header& header, unsigned profile) {
    if (profile >= 2)
        header.take(1); // ten_or_twelve_bit
    const bool rgb = header.take(3) == color_space_rgb;
    const bool subsampling = profile == 1 || profile == 3;
    if (!rgb)
        header.take(1); // color_range
    if (subsampling)
        header.take(rgb ? 1 : 3); // subsampling_x and _y, reserved_zero
}

} // namespace

bool vp9_is_key(std::span<const std::byte> frame) {
    Header header(frame);
    const auto begin = take_begin(header);
    return begin && begin->key;
}

std::uint8_t vp9_refreshed_slots(std::span<const std::byte> frame) {
    Header header(frame);
    const auto begin = take_begin(header);
    if (!begin)
        return 0;
    if (begin->key)
        return header.take(24) == sync_code ? all_slots : 0;
    const bool intra_only = !begin->shown && header.flag();
    if (!begin->error_resilient)
        header.take(2); // reset_frame_context
    if (intra_only) {
        if (header.take(24) != sync_code)
            return 0;
        if (begin->profile > 0)
            skip_color_config(header, begin->profile);
    }
    const auto slots = static_cast<std::uint8_t>(header.take(8));
    return header.ended() ? 0 : slots;
}

} // namespace daedalus::bitstream
