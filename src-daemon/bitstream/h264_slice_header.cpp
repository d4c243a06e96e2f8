// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/h264_slice_header.h"

#include "bitstream/start_code.h"

#include <algorithm>
#include <array>

namespace daedalus::bitstream {
namespace {

constexpr std::byte zero{0};
constexpr unsigned nal_slice = 1;
constexpr unsigned nal_idr_slice = 5;
constexpr std::uint64_t max_pps_id = 255;

/// Three ue(v) of at most 63 bits each fit, however many emulation prevention bytes there are.
constexpr std::size_t header_bytes = 24;

/// The bytes behind the next start code, 00 00 01, and what is behind them; empty when there is none.
std::span<const std::byte> next_nal_unit(std::span<const std::byte> data) {
    return data.subspan(after_start_code(data, 0));
}

/// Reads the beginning of a NAL unit's payload, without emulation prevention bytes (7.4.1.1).
class HeaderReader {
  public:
    explicit HeaderReader(std::span<const std::byte> payload) {
        unsigned zeros = 0;
        for (const std::byte byte : payload) {
            if (size_ == rbsp_.size())
                break;
            if (zeros == 2 && byte == std::byte{3}) {
                zeros = 0;
                continue;
            }
            zeros = byte == zero ? std::min(zeros + 1, 2U) : 0;
            rbsp_[size_++] = byte;
        }
    }

    /// ue(v) of at most 32 bits' value
    std::optional<std::uint64_t> exp_golomb() {
        unsigned zeros = 0;
        for (auto bit = next(); !bit || !*bit; bit = next())
            if (!bit || ++zeros > 31)
                return std::nullopt;
        std::uint64_t code = 1;
        for (unsigned i = 0; i < zeros; ++i) {
            const auto bit = next();
            if (!bit)
                return std::nullopt;
            code = code << 1 | (*bit ? 1U : 0U);
        }
        return code - 1;
    }

  private:
    std::optional<bool> next() {
        if (position_ == size_ * 8)
            return std::nullopt;
        const auto byte = std::to_integer<unsigned>(rbsp_[position_ / 8]);
        const bool bit = (byte >> (7 - position_ % 8) & 1) != 0;
        ++position_;
        return bit;
    }

    std::array<std::byte, header_bytes> rbsp_{};
    std::size_t size_ = 0;
    std::size_t position_ = 0; // in bits
};

} // namespace

std::optional<std::uint8_t> h264_slice_pps_id(std::span<const std::byte> bitstream) {
    for (auto unit = next_nal_unit(bitstream); !unit.empty(); unit = next_nal_unit(unit)) {
        const unsigned type = std::to_integer<unsigned>(unit[0]) & 0x1f;
        if (type != nal_slice && type != nal_idr_slice)
            continue;
        HeaderReader reader(unit.subspan(1));
        if (!reader.exp_golomb() || !reader.exp_golomb()) // first_mb_in_slice, slice_type
            return std::nullopt;
        const auto id = reader.exp_golomb();
        if (!id || *id > max_pps_id)
            return std::nullopt;
        return static_cast<std::uint8_t>(*id);
    }
    return std::nullopt;
}

} // namespace daedalus::bitstream
