// SPDX-License-Identifier: BSD-2-Clause
#include "worker/buffer_cache.h"

#include "util/recycled_memory.h"

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace daedalus::worker {

util::Result<MappedPlane> MappedPlane::map(util::UniqueFd fd, Keep keep) {
    // For dma-bufs this is the one way to ask for the size; for memfds, which tests use, it works as well.
    const off_t size = lseek(fd.get(), 0, SEEK_END);
    if (size <= 0)
        return util::fail_errno("cannot get the size of a CAPTURE buffer");
    void* address =
        mmap(nullptr, static_cast<std::size_t>(size), PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (address == MAP_FAILED)
        return util::fail_errno("cannot map a CAPTURE buffer");
    MappedPlane plane;
    plane.bytes_ = {static_cast<std::uint8_t*>(address), static_cast<std::size_t>(size)};
    if (keep != Keep::nothing)
        plane.fd_ = std::move(fd);
    plane.synced_ = keep == Keep::synced;
    return plane;
}

MappedPlane::MappedPlane(MappedPlane&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), fd_(std::move(other.fd_)), synced_(other.synced_) {}

MappedPlane& MappedPlane::operator=(MappedPlane&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(fd_, other.fd_);
    std::swap(synced_, other.synced_);
    return *this;
}

MappedPlane::~MappedPlane() {
    if (!bytes_.empty())
        munmap(bytes_.data(), bytes_.size());
}

util::Result<void> MappedPlane::sync(bool begin) const {
    if (!synced_)
        return {};
    dma_buf_sync argument = {};
    argument.flags = DMA_BUF_SYNC_RW | (begin ? DMA_BUF_SYNC_START : DMA_BUF_SYNC_END);
    int result = 0;
    do {
        result = ioctl(fd_.get(), DMA_BUF_IOCTL_SYNC, &argument);
    } while (result < 0 && (errno == EINTR || errno == EAGAIN));
    if (result < 0)
        return util::fail_errno("cannot synchronize an imported CAPTURE buffer");
    return {};
}

util::UniqueFd MappedPlane::duplicate() const {
    return util::UniqueFd(fd_ ? fcntl(fd_.get(), F_DUPFD_CLOEXEC, 0) : -1);
}

pixels::MemoryPlanes MappedBuffer::memory() const {
    pixels::MemoryPlanes memory;
    for (std::size_t i = 0; i < planes_.size(); i++)
        memory[i] = planes_[i].bytes();
    return memory;
}

std::shared_ptr<const void> MappedBuffer::lend() {
    const std::scoped_lock lock(mutex_);
    if (!loan_.expired())
        return nullptr;
    // A reference count of its own, so that it ends with the picture and not with the mapping.
    const auto loan = util::make_recycled<const std::shared_ptr<MappedBuffer>>(shared_from_this());
    loan_ = loan;
    return loan;
}

const gpu::Target* MappedBuffer::gpu_target(gpu::Converter& converter, std::string& problem) {
    if (!gpu_tried_) {
        gpu_tried_ = true;
        auto made = converter.make_target(planes_[0].bytes(), planes_[0].duplicate());
        if (made)
            gpu_target_ = std::move(*made);
        else
            problem = made.error().message;
    }
    return gpu_target_.get();
}

std::optional<decoder::ClientMemory> MappedBuffer::client_memory(const pixels::BufferLayout& layout) {
    if (layout.arrangement != pixels::Arrangement::planar || !layout.fits(memory()))
        return std::nullopt;
    decoder::ClientMemory client;
    client.lender = shared_from_this();
    for (std::size_t i = 0; i < client.planes.size(); i++) {
        const pixels::SamplePlane& samples = layout.planes[i];
        const std::span<std::uint8_t> bytes = memory()[samples.memory].subspan(samples.offset);
        const bool last = i + 1 == client.planes.size() || layout.planes[i + 1].memory != samples.memory;
        const std::size_t own = last ? bytes.size() : layout.planes[i + 1].offset - samples.offset;
        client.planes[i] = {.data = bytes.data(),
                            .stride = static_cast<std::ptrdiff_t>(samples.stride),
                            .bytes = bytes.size(),
                            .lines = own / samples.stride};
    }
    return client;
}

util::Result<std::shared_ptr<MappedBuffer>> BufferCache::get(std::uint64_t id, std::uint32_t planes,
                                                             bool imported) {
    if (const auto found = buffers_.find(id); found != buffers_.end())
        return found->second;
    std::array<MappedPlane, DAEDALUS_MAX_PLANES> mappings;
    for (std::uint32_t plane = 0; plane < planes && plane < DAEDALUS_MAX_PLANES; plane++) {
        auto fd = channel_.export_buffer(id, plane);
        if (!fd)
            return std::unexpected(std::move(fd.error()));
        const auto keep = imported            ? MappedPlane::Keep::synced
                          : keep_descriptors_ ? MappedPlane::Keep::fd
                                              : MappedPlane::Keep::nothing;
        auto mapped = MappedPlane::map(std::move(*fd), keep);
        if (!mapped)
            return std::unexpected(std::move(mapped.error()));
        mappings[plane] = std::move(*mapped);
    }
    return buffers_.emplace(id, std::make_shared<MappedBuffer>(std::move(mappings))).first->second;
}

void BufferCache::retire(std::uint64_t id) {
    if (id == 0)
        buffers_.clear();
    else
        buffers_.erase(id);
}

} // namespace daedalus::worker
