// SPDX-License-Identifier: BSD-2-Clause
// The GPU of a worker: opened while files can be opened, used behind the door.
#pragma once

#include "bridge/messages.h"
#include "decoder/picture_blocks.h"
#include "gpu/open.h"

#include <memory>
#include <vector>

namespace daedalus::worker {

class Gpu {
  public:
    /// Before access is given up: opens the device, tries it and notes which file descriptors that took.
    /// Nothing comes of it where there is none, or it is not worth it; the log says why. An error, ETIMEDOUT:
    /// it hangs and may write to this process's memory at any time, so nothing but to end is left.
    static util::Result<Gpu> open(const gpu::Options& options);
    /// None.
    Gpu() = default;

    /// Null: there is none.
    [[nodiscard]] gpu::Converter* converter() const { return converter_.get(); }

    /// What must stay open behind the door: the driver's files, and those of the memory for pictures.
    [[nodiscard]] const std::vector<int>& descriptors() const { return descriptors_; }

    /// Before the door is closed: memory for the session's pictures, or null. Where there can be none, and
    /// the GPU shall not be used at any price, it is closed.
    std::shared_ptr<decoder::PictureBlocks> prepare(const bridge::FormatMessage& format);

  private:
    void close();
    std::shared_ptr<decoder::PictureBlocks> make_blocks(const bridge::FormatMessage& format);

    std::unique_ptr<gpu::Converter> converter_;
    bool may_copy_ = false;
    std::vector<int> descriptors_; ///< of what is open
};

} // namespace daedalus::worker
