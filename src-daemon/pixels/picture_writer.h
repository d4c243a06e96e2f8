// SPDX-License-Identifier: BSD-2-Clause
// From the decoder's picture to the client's buffer: one pass over the pixels.
#pragma once

#include "decoder/picture.h"
#include "pixels/buffer_layout.h"
#include "util/error.h"

namespace daedalus::pixels {

/// Whether the decoder has put the picture into the buffer itself.
bool is_in_place(const decoder::Picture& picture, const BufferLayout& layout, const MemoryPlanes& memory);

/// Writes the part of `picture` that the buffer has room for, from the upper left corner on, and nothing
/// else. Grey pictures get neutral chroma. A picture of one field gets its lines twice. Nothing is left to do
/// for a picture that is in place.
///
/// EINVAL: the buffer's memory is smaller than its layout says, the bit depths differ, or the picture is
/// larger than the layout by more than the padding of a macroblock; pixels are written all the same where
/// that is possible.
util::Result<void> write_picture(const decoder::Picture& picture, const BufferLayout& layout,
                                 const MemoryPlanes& memory);

/// Fills all samples with mid grey: for a picture that nothing is known of. EINVAL as above.
util::Result<void> write_grey(const BufferLayout& layout, const MemoryPlanes& memory);

} // namespace daedalus::pixels
