// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace daedalus::test {

/**
 * MD5 (RFC 1321), to compare pictures with what `ffmpeg -f framemd5` prints.
 * Written here so that the test client runs in a tree without any library.
 */
class Md5 {
  public:
    void update(std::span<const uint8_t> bytes);
    /** The digest of all bytes so far as 32 hexadecimal digits; ends the computation. */
    std::string finish();

  private:
    void transform(const uint8_t* block);

    std::array<uint32_t, 4> state_{0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
    std::array<uint8_t, 64> pending_{};
    uint64_t length_ = 0;
};

/** The digest of one piece of memory. */
std::string md5(std::span<const uint8_t> bytes);

} // namespace daedalus::test
