// SPDX-License-Identifier: BSD-2-Clause
// From the decoder's picture to the client's buffer, by whoever is there for it.
#pragma once

#include "decoder/picture.h"
#include "gpu/converter.h"
#include "pixels/buffer_layout.h"
#include "statistics/recorder.h"
#include "util/error.h"
#include "worker/buffer_cache.h"

namespace daedalus::worker {

/// Uses the GPU for as long as it works, and from its first failure on the CPU: for that picture as well,
/// which is written anew. Says so once.
class PixelWriter {
  public:
    /// The GPU, if there is one; it outlives this.
    void use(gpu::Converter* converter) { gpu_ = converter; }

    /// pixels::write_picture(), and who has done it. ETIMEDOUT: the GPU hangs and may write to the buffer at
    /// any time from now on, so nothing may be done any more but to end the process. Other errors are about
    /// the buffer.
    util::Result<statistics::PixelPath> write(const decoder::Picture& picture,
                                              const pixels::BufferLayout& layout, MappedBuffer& buffer);

    /// Whether an error of write() is the one that ends everything.
    [[nodiscard]] static bool is_fatal(const util::Error& error) {
        return error.code == std::errc::timed_out;
    }

  private:
    /// Whether the GPU has written it.
    util::Result<bool> write_by_gpu(const decoder::Picture& picture, const pixels::BufferLayout& layout,
                                    MappedBuffer& buffer);
    void give_up(const std::string& reason);

    gpu::Converter* gpu_ = nullptr;
};

} // namespace daedalus::worker
