// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "gpu/converter.h"
#include "util/error.h"

namespace daedalus::gpu {

/// Has the GPU write small pictures in every way there is and compares them with the CPU's. What a driver
/// does at the first use of something, it has done after it. The converter allows staging. EIO: they differ;
/// other errors are those of Converter::write().
[[nodiscard]] util::Result<void> self_check(Converter& converter);

} // namespace daedalus::gpu
