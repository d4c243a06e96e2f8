// SPDX-License-Identifier: BSD-2-Clause
// One function for each kind of file that read_clip() takes. They fill in all but Request::last_use and
// Clip::most_in_use, and throw std::runtime_error.
#pragma once

#include "bench/clip.h"

#include <expected>
#include <stdexcept>
#include <string>
#include <utility>

namespace daedalus::bench {

Clip read_h264_clip(const std::string& path);
Clip read_mpeg2_clip(const std::string& path);
Clip read_vpx_clip(const std::string& path);
#ifdef DAEDALUS_HAVE_AV1
Clip read_av1_clip(const std::string& path);
#endif

/// What the parsers of tests/support return.
template <typename T>
T parsed(std::expected<T, std::string> result, const std::string& path) {
    if (!result)
        throw std::runtime_error(path + ": " + result.error());
    return std::move(*result);
}

} // namespace daedalus::bench
