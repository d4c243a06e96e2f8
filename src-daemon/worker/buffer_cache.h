// SPDX-License-Identifier: BSD-2-Clause
// The client's CAPTURE buffers, mapped once and kept until the client frees them.
#pragma once

#include "bridge/session_channel.h"
#include "daedalus/protocol.h"
#include "decoder/client_memory.h"
#include "gpu/converter.h"
#include "pixels/buffer_layout.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace daedalus::worker {

/// A dma-buf mapped for reading and writing. Owns the mapping.
class MappedPlane {
  public:
    /// What happens to the file descriptor.
    enum class Keep {
        nothing, ///< it is closed
        fd,      ///< it is kept for duplicate()
        synced,  ///< also for sync()
    };

    /// Maps all of `fd`, whose size is what the kernel says it is.
    static util::Result<MappedPlane> map(util::UniqueFd fd, Keep keep);
    MappedPlane() = default;
    MappedPlane(MappedPlane&& other) noexcept;
    MappedPlane& operator=(MappedPlane&& other) noexcept;
    MappedPlane(const MappedPlane&) = delete;
    MappedPlane& operator=(const MappedPlane&) = delete;
    ~MappedPlane();

    [[nodiscard]] std::span<std::uint8_t> bytes() const { return bytes_; }

    /// Begins or ends CPU access (DMA_BUF_IOCTL_SYNC); nothing happens to what is not kept synced.
    util::Result<void> sync(bool begin) const;

    /// Another file descriptor of the dma-buf; none when it was not kept, or on an error.
    [[nodiscard]] util::UniqueFd duplicate() const;

  private:
    std::span<std::uint8_t> bytes_;
    util::UniqueFd fd_;
    bool synced_ = false;
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

    /// The first memory plane as a GPU sees it, made at the first call and kept. Null: it can't be; `problem`
    /// is told why, once.
    const gpu::Target* gpu_target(gpu::Converter& converter, std::string& problem);

  private:
    std::array<MappedPlane, DAEDALUS_MAX_PLANES> planes_;
    std::mutex mutex_;
    std::weak_ptr<const void> loan_;          ///< the last one
    std::unique_ptr<gpu::Target> gpu_target_; ///< goes before the mappings do
    bool gpu_tried_ = false;
};

/// Mappings by the kernel's buffer ids.
class BufferCache {
  public:
    explicit BufferCache(bridge::SessionChannel& channel) : channel_(channel) {}

    /// Before the first buffer: a GPU will want their file descriptors.
    void keep_descriptors() { keep_descriptors_ = true; }

    /// The buffer that an undone job writes to, with at least `planes` memory planes. `imported`: sync() will
    /// be needed. ENOENT: the job is not undone any more.
    util::Result<std::shared_ptr<MappedBuffer>> get(std::uint64_t id, std::uint32_t planes, bool imported);

    /// Unmaps a buffer that the client freed, or all of them for id 0.
    void retire(std::uint64_t id);

    [[nodiscard]] std::size_t size() const { return buffers_.size(); }

  private:
    bridge::SessionChannel& channel_;
    bool keep_descriptors_ = false;
    std::unordered_map<std::uint64_t, std::shared_ptr<MappedBuffer>> buffers_;
};

} // namespace daedalus::worker
