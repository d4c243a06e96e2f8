// SPDX-License-Identifier: BSD-2-Clause
#pragma once

namespace daedalus::pixels {

/// Has libyuv find out what the CPU can do, which it otherwise does at its first picture: on ARM some
/// versions read /proc/cpuinfo for it, and a worker can't by then.
void detect_cpu();

} // namespace daedalus::pixels
