// SPDX-License-Identifier: BSD-2-Clause
// Memory that decoders write to as to any other, and that the GPU reads where it is.
#pragma once

#include "gpu/buffer.h"
#include "gpu/dma_heap.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace daedalus::gpu {

/// `bytes` rounded up to whole pages, which are of 4 or of 16 KiB on the same machine, by its kernel.
/// Mappings are of them, heaps of dma-bufs deal in them, and so does the import of a process's memory.
[[nodiscard]] std::size_t whole_pages(std::size_t bytes);

/// Whole pages, mapped for reading and writing, cached.
class SharedMemory {
  public:
    /// A dma-buf of the heap where there is one and the device imports it, else plain memory of this process
    /// where the device reads that. ENOTSUP, with the reasons: neither.
    static util::Result<SharedMemory> make(const std::shared_ptr<Device>& device, const DmaHeap* heap,
                                           std::size_t bytes);
    SharedMemory(SharedMemory&& other) noexcept;
    SharedMemory& operator=(SharedMemory&&) = delete;
    SharedMemory(const SharedMemory&) = delete;
    SharedMemory& operator=(const SharedMemory&) = delete;
    ~SharedMemory();

    [[nodiscard]] std::span<std::uint8_t> bytes() const { return bytes_; }
    [[nodiscard]] const Buffer& buffer() const { return buffer_; }

    /// A file descriptor of its own for the dma-buf; none: it is plain memory.
    [[nodiscard]] util::UniqueFd duplicate() const;

    /// Lets the GPU see what the CPU has written: of a dma-buf the caches are cleaned.
    [[nodiscard]] util::Result<void> hand_over() const;

  private:
    SharedMemory() = default;
    util::Result<void> map(std::size_t bytes, int fd);

    std::span<std::uint8_t> bytes_;
    util::UniqueFd dma_buf_;
    Buffer buffer_; ///< goes before the memory does, see the destructor
};

} // namespace daedalus::gpu
