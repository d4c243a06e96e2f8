// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/shared_memory.h"

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <utility>

namespace daedalus::gpu {
namespace {

/// Begins or ends the CPU's writing. Only writing: that the GPU reads makes nothing in the CPU's caches
/// stale.
util::Result<void> sync(int dma_buf, std::uint64_t edge) {
    dma_buf_sync argument = {};
    argument.flags = DMA_BUF_SYNC_WRITE | edge;
    int result = 0;
    do {
        result = ioctl(dma_buf, DMA_BUF_IOCTL_SYNC, &argument);
    } while (result < 0 && (errno == EINTR || errno == EAGAIN));
    return result < 0 ? util::fail_errno("cannot synchronize a dma-buf") : util::Result<void>();
}

} // namespace

std::size_t whole_pages(std::size_t bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    return (bytes + page - 1) / page * page;
}

SharedMemory::SharedMemory(SharedMemory&& other) noexcept
    : bytes_(std::exchange(other.bytes_, {})), dma_buf_(std::move(other.dma_buf_)),
      buffer_(std::move(other.buffer_)) {}

SharedMemory::~SharedMemory() {
    buffer_ = Buffer();
    if (!bytes_.empty())
        munmap(bytes_.data(), bytes_.size());
}

util::Result<void> SharedMemory::map(std::size_t bytes, int fd) {
    const int kind = fd < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void* address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, kind, fd, 0);
    if (address == MAP_FAILED)
        return util::fail_errno("cannot map memory for pictures");
    bytes_ = {static_cast<std::uint8_t*>(address), bytes};
    return {};
}

util::Result<SharedMemory> SharedMemory::make(const std::shared_ptr<Device>& device, const DmaHeap* heap,
                                              std::size_t bytes) {
    const std::size_t whole = whole_pages(bytes);
    SharedMemory memory;
    if (heap && device->sharing().dma_buf) {
        auto fd = heap->allocate(whole);
        if (!fd)
            return std::unexpected(std::move(fd.error()));
        if (auto mapped = memory.map(whole, fd->get()); !mapped)
            return std::unexpected(std::move(mapped.error()));
        util::UniqueFd own(fcntl(fd->get(), F_DUPFD_CLOEXEC, 0));
        if (!own)
            return util::fail_errno("cannot duplicate a dma-buf");
        auto buffer = Buffer::import_dma_buf(device, std::move(*fd), whole);
        if (!buffer)
            return std::unexpected(std::move(buffer.error()));
        memory.dma_buf_ = std::move(own);
        memory.buffer_ = std::move(*buffer);
        return memory;
    }
    if (!device->sharing().host)
        return util::fail(ENOTSUP, device->info().name +
                                       " can't read pictures where they are decoded: it has "
                                       "no VK_EXT_external_memory_host, and " +
                                       (device->sharing().dma_buf ? "there is no heap of dma-bufs"
                                                                  : "imports no dma-bufs"));
    if (auto mapped = memory.map(whole, -1); !mapped)
        return std::unexpected(std::move(mapped.error()));
    auto buffer = Buffer::import_host(device, memory.bytes_);
    if (!buffer)
        return std::unexpected(std::move(buffer.error()));
    memory.buffer_ = std::move(*buffer);
    return memory;
}

util::UniqueFd SharedMemory::duplicate() const {
    return util::UniqueFd(dma_buf_ ? fcntl(dma_buf_.get(), F_DUPFD_CLOEXEC, 0) : -1);
}

util::Result<void> SharedMemory::hand_over() const {
    if (!dma_buf_)
        return {};
    // The end is what cleans. The next writing begins at once: the decoder asks nobody before it writes.
    if (auto ended = sync(dma_buf_.get(), DMA_BUF_SYNC_END); !ended)
        return ended;
    return sync(dma_buf_.get(), DMA_BUF_SYNC_START);
}

} // namespace daedalus::gpu
