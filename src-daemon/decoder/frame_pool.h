// SPDX-License-Identifier: BSD-2-Clause
// Memory for decoded pictures, used again and again: in the steady state a decoder allocates nothing.
#pragma once

#include "decoder/picture.h"
#include "decoder/picture_blocks.h"
#include "util/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace daedalus::decoder {

/// What the memory of a picture looks like.
struct FrameShape {
    SampleFormat format = SampleFormat::yuv420_8;
    std::uint32_t width = 0;           ///< luma samples, with whatever the decoder writes beyond the picture
    std::uint32_t height = 0;          ///< luma lines, likewise
    std::size_t stride_alignment = 64; ///< a power of two; also of each plane's first byte
    /// Bytes from line to line, of luma and of chroma; 0: as few as the alignment allows.
    std::array<std::size_t, 2> strides = {};

    /// As few bytes from line to line as the plane can have.
    [[nodiscard]] std::size_t tightest_stride(std::size_t plane) const;
    /// Lines of the plane.
    [[nodiscard]] std::size_t lines(std::size_t plane) const;

    bool operator==(const FrameShape&) const = default;
};

/// SIMD code of the decoders reads (never writes) so many bytes beyond the last line of a plane.
inline constexpr std::size_t overread = 64;

/// One picture's memory; fresh memory is grey, used memory holds an older picture of the same session.
struct FrameMemory {
    std::array<std::uint8_t*, 3> planes = {};
    std::array<std::ptrdiff_t, 3> strides = {};
    std::uint8_t* base = nullptr; ///< the first plane's memory, and the others' if they follow it
    std::size_t size = 0;
};

/// Hands out FrameMemory of one shape at a time. Thread safe. Memory that is still in use when the pool goes,
/// or when the shape changes, lives until its last user lets go of it.
class FramePool {
  public:
    /// At most `memory_limit` bytes are handed out at a time, of whatever shapes. As long as there are
    /// `blocks` that a picture fits into, it gets one.
    explicit FramePool(std::size_t memory_limit, std::shared_ptr<PictureBlocks> blocks = nullptr);
    FramePool(const FramePool&) = delete;
    FramePool& operator=(const FramePool&) = delete;
    ~FramePool();

    /// EINVAL: strides that the shape does not fit in. ENOMEM: no memory, or the limit is reached. The
    /// end of the result puts it back.
    util::Result<std::shared_ptr<FrameMemory>> take(const FrameShape& shape);

  private:
    struct State;
    struct Pooled;
    std::shared_ptr<State> state_;
};

} // namespace daedalus::decoder
