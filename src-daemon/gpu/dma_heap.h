// SPDX-License-Identifier: BSD-2-Clause
// Where dma-bufs of plain, cached memory come from.
#pragma once

#include "util/error.h"
#include "util/unique_fd.h"

#include <cstddef>
#include <utility>

namespace daedalus::gpu {

/// The kernel's heap "system".
class DmaHeap {
  public:
    /// ENOENT, EACCES: this kernel has none, or not for us.
    static util::Result<DmaHeap> open();

    /// A dma-buf of `bytes`, whole pages, which can be mapped.
    [[nodiscard]] util::Result<util::UniqueFd> allocate(std::size_t bytes) const;

  private:
    explicit DmaHeap(util::UniqueFd fd) : fd_(std::move(fd)) {}

    util::UniqueFd fd_;
};

} // namespace daedalus::gpu
