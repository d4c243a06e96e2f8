// SPDX-License-Identifier: BSD-2-Clause
// Memory of ours in libavcodec's hands, and what it says of the samples in it.
#pragma once

#include "decoder/avcodec_library.h"
#include "decoder/picture.h"

#include <cstdint>
#include <memory>
#include <optional>

namespace daedalus::decoder {

/// An AVPixelFormat as ours. Nothing: not one that is decoded here.
std::optional<SampleFormat> sample_format(int format);

/// For av_buffer_create(): what keeps the memory there, and what ends that.
void* keep_memory(std::shared_ptr<const void> memory);
void release_memory(void* opaque, std::uint8_t* data);

} // namespace daedalus::decoder
