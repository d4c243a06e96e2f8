// SPDX-License-Identifier: BSD-2-Clause
// Memory that the GPU reads or writes: its own, or that of somebody else.
#pragma once

#include "gpu/device.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace daedalus::gpu {

/// A storage buffer with all its memory. Nothing that it stands for may be used by the GPU when it ends.
class Buffer {
  public:
    /// New memory that the CPU sees as well, without caches that anybody has to clean. `read_back`: the CPU
    /// will read it, so cached, if the device has such a kind.
    static util::Result<Buffer> make(const std::shared_ptr<Device>& device, std::size_t bytes,
                                     bool read_back);
    /// The memory of a dma-buf of at least `bytes`. ENOSYS: the device imports none. Other errors: not this
    /// one.
    static util::Result<Buffer> import_dma_buf(const std::shared_ptr<Device>& device, util::UniqueFd fd,
                                               std::size_t bytes);
    /// Memory of this process, which stays mapped for as long as the buffer lives. Whole pages. ENOSYS,
    /// others: as above.
    static util::Result<Buffer> import_host(const std::shared_ptr<Device>& device,
                                            std::span<std::uint8_t> memory);

    Buffer() = default;
    Buffer(Buffer&& other) noexcept { *this = std::move(other); }
    Buffer& operator=(Buffer&& other) noexcept;
    Buffer(const Buffer&) = delete;
    Buffer& operator=(const Buffer&) = delete;
    ~Buffer();

    [[nodiscard]] VkBuffer handle() const { return buffer_; }
    [[nodiscard]] std::size_t size() const { return size_; }
    /// Where the CPU sees it; empty for what was imported.
    [[nodiscard]] std::span<std::uint8_t> bytes() const { return bytes_; }
    /// It belongs to others between two passes.
    [[nodiscard]] bool foreign() const { return foreign_; }

  private:
    /// Makes the buffer without its memory.
    util::Result<void> create(const std::shared_ptr<Device>& device, std::size_t bytes, const void* next);
    /// Gives it memory of one of the types in `allowed`.
    util::Result<void> allocate(std::uint32_t allowed, VkMemoryPropertyFlags flags, std::size_t bytes,
                                const void* next);
    [[nodiscard]] VkMemoryRequirements requirements() const;

    std::shared_ptr<Device> device_;
    VkBuffer buffer_ = VK_NULL_HANDLE;
    VkDeviceMemory memory_ = VK_NULL_HANDLE;
    std::size_t size_ = 0;
    std::span<std::uint8_t> bytes_;
    bool foreign_ = false;
};

} // namespace daedalus::gpu
