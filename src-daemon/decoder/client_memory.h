// SPDX-License-Identifier: BSD-2-Clause
// Decoding straight into the client's buffer, where that is planar and has room for what decoders do around a
// picture.
#pragma once

#include "decoder/frame_pool.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace daedalus::decoder {

/// Who lets a client's buffer to one picture at a time. A client may queue a buffer again while the decoder
/// still predicts from the picture in it: to the client that picture is no reference any more, but it is one
/// to the decoder's other threads, or to its own list of pictures to output.
class Lender {
  public:
    Lender() = default;
    Lender(const Lender&) = delete;
    Lender& operator=(const Lender&) = delete;
    virtual ~Lender() = default;

    /// What the picture keeps for as long as it is in use; the memory stays mapped meanwhile. Null: an
    /// earlier picture is in use. Thread safe.
    virtual std::shared_ptr<const void> lend() = 0;
};

/// The memory of a CAPTURE buffer with the samples of Y, U and V apart, 8 bits each.
struct ClientMemory {
    struct Plane {
        std::uint8_t* data = nullptr;
        std::ptrdiff_t stride = 0; ///< bytes from line to line
        std::size_t bytes = 0;     ///< mapped from `data` on, whatever they belong to
        std::size_t lines = 0;     ///< up to where other samples begin, or the memory ends
    };
    std::array<Plane, 3> planes;
    std::shared_ptr<Lender> lender;

    /// Whether pictures of the shape can be decoded here when the decoder writes `written` luma lines: all of
    /// the shape must be mapped, and what is written must be the picture's own.
    [[nodiscard]] bool holds(const FrameShape& shape, std::uint32_t written) const;

    /// The memory for a picture that holds() is true of. Null: see Lender::lend().
    [[nodiscard]] std::shared_ptr<FrameMemory> lend() const;
};

} // namespace daedalus::decoder
