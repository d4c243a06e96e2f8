// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "gpu/converter.h"
#include "util/error.h"

#include <chrono>
#include <memory>
#include <string>

namespace daedalus::gpu {

struct Options {
    DeviceOptions device = {};
    /// Refuse a GPU that is slower than the CPU or spares it nothing, and whatever would have to be copied.
    bool only_if_it_pays = true;
    /// Pictures and buffers that the GPU can't reach may be copied, if it need not pay.
    bool may_copy = false;
    /// For a picture, once the device has been tried out.
    std::chrono::milliseconds patience = Pass::usual_patience;
};

/// A converter that has been tried out, picture by picture, against the CPU. Takes some milliseconds, more
/// where a driver compiles. Errors say why there is none; nothing is wrong with the machine then, unless it
/// is ETIMEDOUT: see Pass::run().
[[nodiscard]] util::Result<std::unique_ptr<Converter>> open(const Options& options);

} // namespace daedalus::gpu
