// SPDX-License-Identifier: BSD-2-Clause
#include "pixels/cpu_features.h"

#include <libyuv/cpu_id.h>

namespace daedalus::pixels {

void detect_cpu() {
    libyuv::InitCpuFlags();
}

} // namespace daedalus::pixels
