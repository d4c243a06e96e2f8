// SPDX-License-Identifier: BSD-2-Clause
// Which codecs the workers of this machine can decode. The supervisor never loads a decoder itself: it asks a
// worker.
#pragma once

#include "util/error.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace daedalus::supervisor {

struct ProbedLibrary {
    std::string name;
    std::string version; ///< empty: it could not be loaded
};

struct CodecProbe {
    std::uint64_t codecs = 0; ///< 1 << enum daedalus_codec
    std::vector<ProbedLibrary> libraries;
};

/// Longer than a start takes on a machine that is busy with everything else, shorter than the service
/// manager's patience.
inline constexpr int probe_timeout_ms = 25'000;

/// Runs `worker --probe` and returns what it prints, see parse_probe(). Takes some milliseconds, at most
/// `timeout_ms`; a worker that takes longer is killed.
util::Result<std::string> ask_worker(const std::string& worker, int timeout_ms = probe_timeout_ms);

/// Reads lines "codec KEYWORD" and "library NAME [VERSION]". Lines that it doesn't know are passed over.
[[nodiscard]] CodecProbe parse_probe(std::string_view output);

/// Both.
util::Result<CodecProbe> probe_codecs(const std::string& worker, int timeout_ms = probe_timeout_ms);

} // namespace daedalus::supervisor
