// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "stream.h"

#include <random>

namespace daedalus::test::h264 {

/**
 * Makes a stream wrong on its way: what a stream with turned bits, holes and lies comes to when a client
 * sends it as requests. The same seed does the same to the same stream. At least one picture of it is
 * changed.
 */
class Mutator {
  public:
    explicit Mutator(unsigned seed);

    /** Changes the next picture, or leaves it alone. */
    void mutate(Picture& picture);

  private:
    size_t below(size_t limit) { return limit > 0 ? random_() % limit : 0; }
    void flip_bits(std::span<uint8_t> bytes, size_t count);
    void spoil_bitstream(std::vector<uint8_t>& bytes);
    void spoil_controls(Picture& picture);

    std::mt19937 random_;
    unsigned percent_; ///< of the pictures that are changed
    bool changed_ = false;
};

} // namespace daedalus::test::h264
