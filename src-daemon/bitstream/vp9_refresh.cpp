// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/vp9_refresh.h"

namespace daedalus::bitstream {
namespace {

constexpr std::uint32_t frame_marker = 2;
constexpr std::uint32_t sync_code = 0x498342;
constexpr std::uint32_t color_space_rgb = 7;
constexpr std::uint8_t all_slots = 0xff;

/// f(n), zero behind the end.
class Bits {
  public:
    explicit Bits(std::span<const std::byte> bytes) : bytes_(bytes) {}

    std::uint32_t take(unsigned count) {
        std::uint32_t value = 0;
        for (; count > 0; count--, at_++) {
            const std::size_t byte = at_ / 8;
            const unsigned bit =
                byte < bytes_.size() ? std::to_integer<unsigned>(bytes_[byte]) >> (7 - at_ % 8) & 1 : 0;
            value = value << 1 | bit;
        }
        return value;
    }
    bool flag() { return take(1) != 0; }
    [[nodiscard]] bool ended() const { return at_ > bytes_.size() * 8; }

  private:
    std::span<const std::byte> bytes_;
    std::size_t at_ = 0;
};

/// color_config() of an intra-only frame, for which profile 0 has none.
void skip_color_config(Bits& bits, std::uint32_t profile) {
    if (profile >= 2)
        bits.take(1); // ten_or_twelve_bit
    const bool rgb = bits.take(3) == color_space_rgb;
    const bool subsampling = profile == 1 || profile == 3;
    if (!rgb)
        bits.take(1); // color_range
    if (subsampling)
        bits.take(rgb ? 1 : 3); // subsampling_x and _y, reserved_zero
}

} // namespace

std::uint8_t vp9_refreshed_slots(std::span<const std::byte> frame) {
    Bits bits(frame);
    if (bits.take(2) != frame_marker)
        return 0;
    std::uint32_t profile = bits.take(1);
    profile |= bits.take(1) << 1;
    if (profile == 3)
        bits.take(1); // reserved_zero
    if (bits.flag())  // show_existing_frame
        return 0;
    const bool non_key = bits.flag(), shown = bits.flag(), error_resilient = bits.flag();
    if (!non_key)
        return bits.take(24) == sync_code ? all_slots : 0;
    const bool intra_only = !shown && bits.flag();
    if (!error_resilient)
        bits.take(2); // reset_frame_context
    if (intra_only) {
        if (bits.take(24) != sync_code)
            return 0;
        if (profile > 0)
            skip_color_config(bits, profile);
    }
    const auto slots = static_cast<std::uint8_t>(bits.take(8));
    return bits.ended() ? 0 : slots;
}

} // namespace daedalus::bitstream
