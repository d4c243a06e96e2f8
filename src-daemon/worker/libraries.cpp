// SPDX-License-Identifier: BSD-2-Clause
#include "worker/libraries.h"

#include "decoder/decoder.h"
#include "pixels/cpu_features.h"

namespace daedalus::worker {

void load_libraries() {
    decoder::preload();
    pixels::detect_cpu();
}

} // namespace daedalus::worker
