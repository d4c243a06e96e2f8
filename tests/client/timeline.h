// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "file.h"

namespace daedalus::client {

/**
 * In the place of a device that writes to dma-bufs: they are busy until the timeline
 * moves on. Fences come from the kernel's own for tests (CONFIG_SW_SYNC).
 */
class Timeline {
  public:
    /** Opens or throws; a Skip when the kernel has no such fences. */
    Timeline();

    /** The "device" writes to @p dma_buf until advance(). */
    void write_to(int dma_buf) const;
    /** Everything so far has been written. */
    void advance();

  private:
    File file_;
    unsigned int value_ = 0;
};

} // namespace daedalus::client
