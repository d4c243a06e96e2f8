// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace daedalus::test::av1 {

/**
 * Reads the syntax elements of an OBU (AV1 specification 4.10).
 *
 * The data must outlive the reader. Reading past the end makes the reader fail
 * for good: every later value is zero and ok() is false, so that a parser may
 * check once, at its end.
 */
class BitReader {
  public:
    explicit BitReader(std::span<const uint8_t> data) : data_(data) {}

    /** f(n), 0 to 64 bits. */
    uint64_t bits(unsigned count) {
        uint64_t value = 0;
        for (unsigned i = 0; i < count; ++i)
            value = value << 1 | bit();
        return failed_ ? 0 : value;
    }

    bool flag() { return bits(1) != 0; }

    /** su(n) */
    int32_t signed_bits(unsigned count) {
        if (count == 0)
            return 0;
        const auto value = static_cast<int32_t>(bits(count));
        const int32_t sign = 1 << (count - 1);
        return (value & sign) != 0 ? value - 2 * sign : value;
    }

    /** ns(n) */
    uint32_t non_symmetric(uint32_t size) {
        const auto width = static_cast<unsigned>(std::bit_width(size));
        const uint32_t short_codes = (1U << width) - size;
        const auto value = static_cast<uint32_t>(bits(width - 1));
        if (value < short_codes)
            return value;
        return (value << 1) - short_codes + static_cast<uint32_t>(bits(1));
    }

    /** uvlc() */
    uint32_t variable_length() {
        unsigned zeros = 0;
        while (!failed_ && !flag())
            ++zeros;
        return zeros >= 32 ? UINT32_MAX : static_cast<uint32_t>(bits(zeros) + (1ULL << zeros) - 1);
    }

    /** leb128() */
    uint64_t leb128() {
        uint64_t value = 0;
        for (unsigned i = 0; i < 8; ++i) {
            const uint64_t byte = bits(8);
            value |= (byte & 0x7f) << (7 * i);
            if ((byte & 0x80) == 0)
                break;
        }
        return value;
    }

    /** le(n), in bytes */
    uint64_t little_endian(unsigned bytes) {
        uint64_t value = 0;
        for (unsigned i = 0; i < bytes; ++i)
            value |= bits(8) << (8 * i);
        return value;
    }

    void align() { position_ = (position_ + 7) / 8 * 8; }

    /** Bits read so far. */
    size_t position() const { return position_; }
    bool ok() const { return !failed_; }

  private:
    uint64_t bit() {
        if (position_ / 8 >= data_.size()) {
            failed_ = true;
            return 0;
        }
        const uint64_t value = data_[position_ / 8] >> (7 - position_ % 8) & 1;
        ++position_;
        return value;
    }

    std::span<const uint8_t> data_;
    size_t position_ = 0;
    bool failed_ = false;
};

} // namespace daedalus::test::av1
