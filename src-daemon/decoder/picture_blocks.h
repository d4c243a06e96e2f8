// SPDX-License-Identifier: BSD-2-Clause
// Memory for pictures that somebody beside the CPU can read. There is only so much of it, made before the
// first picture; what does not fit is decoded to plain memory.
#pragma once

#include <cstddef>
#include <cstdint>

namespace daedalus::decoder {

/// Thread safe.
class PictureBlocks {
  public:
    PictureBlocks() = default;
    PictureBlocks(const PictureBlocks&) = delete;
    PictureBlocks& operator=(const PictureBlocks&) = delete;
    virtual ~PictureBlocks() = default;

    /// A block of at least `bytes`, at the beginning of a page, with whatever was in it. Null: all are in
    /// use, or they are smaller.
    virtual std::uint8_t* take(std::size_t bytes) = 0;

    /// The end of a block's use. False: this is not one of them.
    virtual bool give_back(const std::uint8_t* block) = 0;
};

} // namespace daedalus::decoder
