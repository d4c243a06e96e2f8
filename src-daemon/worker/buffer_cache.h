// SPDX-License-Identifier: BSD-2-Clause
// The client's CAPTURE buffers, mapped once and kept until the client frees them.
#pragma once

#include "bridge/session_channel.h"
#include "daedalus/protocol.h"
#include "decoder/client_memory.h"
#include "pixels/buffer_layout.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
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

/// A CAPTURE buffer. Stays mapped while a picture that was decoded into it is in use, also when the client
/// has freed it.
class MappedBuffer final : public decoder::Lender, public std::enable_shared_from_this<MappedBuffer> {
  public:
    explicit MappedBuffer(std::array<MappedPlane, DAEDALUS_MAX_PLANES> planes) : planes_(std::move(planes)) {}

    [[nodiscard]] std::span<const MappedPlane> planes() const { return planes_; }
    [[nodiscard]] pixels::MemoryPlanes memory() const;
    std::shared_ptr<const void> lend() override;

    /// For decoding straight into the buffer, which must be of this layout. Nothing: it is not planar.
    std::optional<decoder::ClientMemory> client_memory(const pixels::BufferLayout& layout);

  private:
    std::array<MappedPlane, DAEDALUS_MAX_PLANES> planes_;
    std::mutex mutex_;
    std::weak_ptr<const void> loan_; ///< the last one
};

/// Mappings by the kernel's buffer ids.
class BufferCache {
  public:
    explicit BufferCache(bridge::SessionChannel& channel) : channel_(channel) {}

    /// The buffer that an undone job writes to, with at least `planes` memory planes. `imported`: sync() will
    /// be needed. ENOENT: the job is not undone any more.
    util::Result<std::shared_ptr<MappedBuffer>> get(std::uint64_t id, std::uint32_t planes, bool imported);

    /// Unmaps a buffer that the client freed, or all of them for id 0.
    void retire(std::uint64_t id);

    [[nodiscard]] std::size_t size() const { return buffers_.size(); }

  private:
    bridge::SessionChannel& channel_;
    std::unordered_map<std::uint64_t, std::shared_ptr<MappedBuffer>> buffers_;
};

} // namespace daedalus::worker
