// SPDX-License-Identifier: BSD-2-Clause
// What a picture costs by the CPU and by the GPU.
#pragma once

#include "gpu/converter.h"
#include "util/error.h"

#include <cstdint>

namespace daedalus::gpu {

/// Of one picture, in milliseconds: medians.
struct Cost {
    double processor = 0; ///< time of all threads of this process
    double wall = 0;
};

struct Comparison {
    Cost cpu;
    Cost gpu;
    bool copied = false; ///< the GPU's part had to copy the picture or the result
};

struct Trial {
    std::uint32_t width = 1920;
    std::uint32_t height = 1088;
    bool wide = false; ///< 10 bits, to P010; else 8, to NV12
    unsigned rounds = 9;
};

/// Writes the same picture in turns, from where decoders put pictures to memory as that of clients. Replaces
/// the converter's blocks.
util::Result<Comparison> compare(Converter& converter, const Trial& trial);

/// Whether the GPU is the better choice: it takes a fifth of the CPU's time off, at least, and no longer.
[[nodiscard]] bool pays(const Comparison& comparison);

} // namespace daedalus::gpu
