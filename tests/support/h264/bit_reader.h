// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace daedalus::test::h264 {

/**
 * Removes the emulation prevention bytes of a NAL unit (H.264 7.4.1.1).
 *
 * @param payload the bytes after the NAL unit header.
 * @return the raw byte sequence payload.
 */
std::vector<uint8_t> to_rbsp(std::span<const uint8_t> payload);

/**
 * Reads the syntax elements of a raw byte sequence payload (H.264 7.2, 9.1).
 *
 * The data must outlive the reader. Reading past the end or an Exp-Golomb code
 * longer than 32 bits makes the reader fail for good: every later value is
 * zero and ok() is false, so that a parser may check once, at its end.
 */
class BitReader {
  public:
    explicit BitReader(std::span<const uint8_t> rbsp);

    /** u(count), 0 to 32 bits. */
    uint32_t bits(unsigned count);
    /** u(1). */
    bool flag() { return bits(1) != 0; }
    /** ue(v). */
    uint32_t unsigned_golomb();
    /** se(v). */
    int32_t signed_golomb();
    /** ue(v), failing when the value is above @p limit. */
    uint32_t unsigned_golomb(uint32_t limit);
    /** more_rbsp_data(): whether anything comes before the trailing bits. */
    bool more_data() const;

    /** Bits read so far. */
    size_t position() const { return position_; }
    bool ok() const { return !failed_; }

  private:
    std::span<const uint8_t> data_;
    size_t position_ = 0;
    size_t end_; ///< position of the stop bit
    bool failed_ = false;
};

} // namespace daedalus::test::h264
