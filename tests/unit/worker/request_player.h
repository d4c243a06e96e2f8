// SPDX-License-Identifier: BSD-2-Clause
// Plays requests of any codec through a worker, one CAPTURE buffer for each frame.
#pragma once

#include "daedalus/protocol.h"
#include "statistics/recorder.h"
#include "support/owned_control.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace daedalus::test {

/// One frame as a client sends it, and what it decodes to.
struct Request {
    std::vector<OwnedControl> controls;
    std::vector<std::byte> bitstream;
    std::uint64_t timestamp = 0;
    std::uint32_t width = 0; ///< luma samples
    std::uint32_t height = 0;
    bool ten_bits = false;
    bool second_field = false; ///< goes into the buffer of the request before
    std::string expected;      ///< "WIDTHxHEIGHT DEPTH bit MD5-OF-THE-PLANAR-SAMPLES"
};

struct PlaySettings {
    unsigned threads = 1;
    std::size_t depth = 1;
    bool planar = false; ///< YUV420M with room for the decoder, of what has 8 bits; else NV12 and P010
};

/// How a request was answered.
struct Outcome {
    daedalus_status status = DAEDALUS_STATUS_OK;
    std::string description; ///< as Request::expected
    statistics::PixelPath path = statistics::PixelPath::unknown;
};

/// Plays them all; throws std::runtime_error when the worker breaks off.
std::vector<Outcome> play_requests(daedalus_codec codec, const std::vector<Request>& requests,
                                   const PlaySettings& settings);

} // namespace daedalus::test
