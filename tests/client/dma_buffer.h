// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "file.h"

#include <cstddef>
#include <cstdint>
#include <span>

namespace daedalus::client {

/** Where memory for import comes from. */
enum class DmaBufferSource {
    system_heap,
    udmabuf
};

/** Memory of the client's own, shared as a dma-buf. */
class DmaBuffer {
  public:
    /** Allocates or throws; a Skip when the kernel has no such source. */
    DmaBuffer(DmaBufferSource source, size_t size);

    int fd() const { return file_.get(); }
    std::span<uint8_t> bytes() const { return mapping_.bytes(); }

  private:
    File file_;
    Mapping mapping_;
};

/** Brackets the CPU's reading of a dma-buf (DMA_BUF_IOCTL_SYNC). */
class DmaBufferRead {
  public:
    explicit DmaBufferRead(int descriptor);
    ~DmaBufferRead();
    DmaBufferRead(const DmaBufferRead&) = delete;
    DmaBufferRead& operator=(const DmaBufferRead&) = delete;

  private:
    int descriptor_;
};

} // namespace daedalus::client
