// SPDX-License-Identifier: BSD-2-Clause
// The client's CAPTURE buffers, mapped once and kept until the client frees them.
#pragma once

#include "bridge/session_channel.h"
#include "daedalus/protocol.h"
#include "pixels/buffer_layout.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <array>
#include <cstdint>
#include <unordered_map>

namespace daedalus::worker {

/// A dma-buf mapped for reading and writing. Owns the mapping.
class MappedPlane {
  public:
    /// Maps all of `fd`, whose size is what the kernel says it is. `keep_fd`: it is needed for sync().
    static util::Result<MappedPlane> map(util::UniqueFd fd, bool keep_fd);
    MappedPlane() = default;
    MappedPlane(MappedPlane&& other) noexcept;
    MappedPlane& operator=(MappedPlane&& other) noexcept;
    MappedPlane(const MappedPlane&) = delete;
    MappedPlane& operator=(const MappedPlane&) = delete;
    ~MappedPlane();

    [[nodiscard]] std::span<std::uint8_t> bytes() const { return bytes_; }

    /// Begins or ends CPU access (DMA_BUF_IOCTL_SYNC); nothing happens when the fd was not kept.
    util::Result<void> sync(bool begin) const;

  private:
    std::span<std::uint8_t> bytes_;
    util::UniqueFd fd_;
};

/// A CAPTURE buffer.
struct MappedBuffer {
    std::array<MappedPlane, DAEDALUS_MAX_PLANES> planes;

    [[nodiscard]] pixels::MemoryPlanes memory() const;
};

/// Mappings by the kernel's buffer ids.
class BufferCache {
  public:
    explicit BufferCache(bridge::SessionChannel& channel) : channel_(channel) {}

    /// The buffer that an undone job writes to, with at least `planes` memory planes. `imported`: sync() will
    /// be needed. ENOENT: the job is not undone any more. The pointer is good until retire().
    util::Result<const MappedBuffer*> get(std::uint64_t id, std::uint32_t planes, bool imported);

    /// Unmaps a buffer that the client freed, or all of them for id 0.
    void retire(std::uint64_t id);

    [[nodiscard]] std::size_t size() const { return buffers_.size(); }

  private:
    bridge::SessionChannel& channel_;
    std::unordered_map<std::uint64_t, MappedBuffer> buffers_;
};

} // namespace daedalus::worker
