// SPDX-License-Identifier: BSD-2-Clause
// Who decodes a clip, to be compared with others.
#pragma once

#include "bench/clip.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace daedalus::bench {

/// What decoding a clip a few times took.
struct Run {
    double seconds = 0;
    double processor_seconds = 0; ///< of all threads
    /// Of the last time, one for each packet of the clip: how long it took by itself. Only where that makes
    /// sense.
    std::vector<double> picture_seconds;
    std::uint64_t peak_kib = 0; ///< memory so far, without the buffers that are the client's
};

class Contestant {
  public:
    Contestant() = default;
    Contestant(const Contestant&) = delete;
    Contestant& operator=(const Contestant&) = delete;
    virtual ~Contestant() = default;

    /// Once, before run(). The clip outlives this.
    virtual void open(const Clip& clip) = 0;
    virtual Run run(unsigned rounds) = 0;
};

/// From words such as "worker,threads=2,depth=4,planar", "library,threads=2" or "command,ffmpeg -i CLIP":
///
/// worker: the daemon's, with `depth` requests in flight, into NV12 or, with "planar", into YU12 buffers.
/// library: the decoder library alone, in a process of its own.
/// command: a shell command that decodes the clip {rounds} times and prints what `ffmpeg -benchmark` does.
///
/// Processes that are to have no memory in common with this one are started here. Throws std::runtime_error.
std::unique_ptr<Contestant> make_contestant(const std::string& words);

} // namespace daedalus::bench
