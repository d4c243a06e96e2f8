// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/h264_slices.h"

#include "bitstream/start_code.h"

#include <cstdint>
#include <optional>

namespace daedalus::decoder {
namespace {

using bitstream::after_start_code;

constexpr unsigned nal_slice = 1;
constexpr unsigned nal_idr_slice = 5;
// Modulo 5; the values from 5 on say that all slices of the picture are alike.
constexpr unsigned slice_i = 2;
constexpr unsigned slice_si = 4;

/// Reads bits, most significant first. Emulation prevention bytes are not removed: in front of slice_type one
/// could only come from a first_mb_in_slice beyond every level's picture size.
class BitReader {
  public:
    explicit BitReader(std::span<const std::byte> data) : data_(data) {}

    /// ue(v), or nothing when the data end or the code is longer than 32 bits.
    std::optional<std::uint32_t> unsigned_exp_golomb() {
        unsigned zeros = 0;
        for (;;) {
            const auto bit = next();
            if (!bit || zeros > 31)
                return std::nullopt;
            if (*bit)
                break;
            zeros++;
        }
        std::uint64_t value = 1;
        for (unsigned i = 0; i < zeros; i++) {
            const auto bit = next();
            if (!bit)
                return std::nullopt;
            value = value << 1 | (*bit ? 1 : 0);
        }
        return static_cast<std::uint32_t>(value - 1);
    }

  private:
    std::optional<bool> next() {
        if (position_ >= data_.size() * 8)
            return std::nullopt;
        const auto byte = std::to_integer<unsigned>(data_[position_ / 8]);
        const bool bit = (byte >> (7 - position_ % 8) & 1) != 0;
        position_++;
        return bit;
    }

    std::span<const std::byte> data_;
    std::size_t position_ = 0;
};

} // namespace

H264Slices scan_h264_slices(std::span<const std::byte> bitstream) {
    H264Slices slices;
    for (std::size_t at = after_start_code(bitstream, 0); at < bitstream.size();
         at = after_start_code(bitstream, at)) {
        const unsigned type = std::to_integer<unsigned>(bitstream[at]) & 0x1f;
        if (type != nal_slice && type != nal_idr_slice)
            continue;
        slices.any = true;
        BitReader reader(bitstream.subspan(at + 1));
        const auto first_macroblock = reader.unsigned_exp_golomb();
        const auto slice_type = first_macroblock ? reader.unsigned_exp_golomb() : std::nullopt;
        if (slice_type && *slice_type % 5 != slice_i && *slice_type % 5 != slice_si) {
            slices.inter = true;
            break;
        }
    }
    return slices;
}

} // namespace daedalus::decoder
