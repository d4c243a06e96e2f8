// SPDX-License-Identifier: BSD-2-Clause
// Writes bits, most significant first, with the variable-length codes that the video standards share.
#pragma once

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace daedalus::bitstream {

class BitWriter {
  public:
    /// The low `count` bits (0..64) of `value`; higher bits of it are ignored.
    void bits(std::uint64_t value, unsigned count) {
        assert(count <= 64);
        count = std::min(count, 64U);
        while (count > 0) {
            if (used_ == 8) {
                bytes_.push_back(0);
                used_ = 0;
            }
            const unsigned now = std::min(count, 8 - used_);
            const auto chunk = static_cast<unsigned>((value >> (count - now)) & ((1U << now) - 1));
            bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | (chunk << (8 - used_ - now)));
            used_ += now;
            count -= now;
        }
    }

    void flag(bool value) { bits(value ? 1 : 0, 1); }

    /// ue(v), H.264 9.1 and AV1's uvlc(): any value but 2^32 - 1, which neither code can carry.
    void ue(std::uint32_t value) { exp_golomb(value); }

    /// se(v), H.264 9.1.1: any value but -2^31.
    void se(std::int32_t value) {
        const std::int64_t wide = value;
        exp_golomb(static_cast<std::uint64_t>(wide > 0 ? 2 * wide - 1 : -2 * wide));
    }

    /// su(n), AV1 4.10.6: `value` in two's complement of `count` bits.
    void su(std::int64_t value, unsigned count) { bits(static_cast<std::uint64_t>(value), count); }

    /// ns(n), AV1 4.10.7: `value` of a range of `size` values, value < size.
    void ns(std::uint32_t value, std::uint32_t size) {
        const auto width = static_cast<unsigned>(std::bit_width(size));
        const std::uint64_t short_codes = (std::uint64_t{1} << width) - size;
        if (value < short_codes)
            bits(value, width - 1);
        else
            bits(value + short_codes, width);
    }

    /// leb128(), AV1 4.10.5, in as few bytes as it takes.
    void leb128(std::uint64_t value) {
        do {
            const std::uint64_t rest = value >> 7;
            bits((value & 0x7f) | (rest != 0 ? 0x80 : 0), 8);
            value = rest;
        } while (value != 0);
    }

    /// Zero bits up to the next byte boundary.
    void align() { used_ = 8; }

    /// A one bit, then zeros up to the next byte boundary: the end of an H.264 RBSP or an AV1 OBU.
    void trailing_bits() {
        flag(true);
        align();
    }

    [[nodiscard]] std::size_t bit_count() const { return bytes_.size() * 8 - (8 - used_); }

    /// What was written; unused bits of the last byte are zero.
    [[nodiscard]] const std::vector<std::uint8_t>& bytes() const { return bytes_; }
    [[nodiscard]] std::vector<std::uint8_t> take() { return std::move(bytes_); }

  private:
    void exp_golomb(std::uint64_t value) {
        const std::uint64_t code = value + 1;
        const auto width = static_cast<unsigned>(std::bit_width(code));
        bits(0, width - 1);
        bits(code, width);
    }

    std::vector<std::uint8_t> bytes_;
    unsigned used_ = 8; // bits of the last byte
};

} // namespace daedalus::bitstream
