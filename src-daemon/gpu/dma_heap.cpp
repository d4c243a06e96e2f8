// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/dma_heap.h"

#include <fcntl.h>
#include <linux/dma-heap.h>
#include <sys/ioctl.h>

namespace daedalus::gpu {
namespace {

constexpr char system_heap[] = "/dev/dma_heap/system";

} // namespace

util::Result<DmaHeap> DmaHeap::open() {
    util::UniqueFd fd(::open(system_heap, O_RDONLY | O_CLOEXEC));
    if (!fd)
        return util::fail_errno(std::string("cannot open ") + system_heap);
    return DmaHeap(std::move(fd));
}

util::Result<util::UniqueFd> DmaHeap::allocate(std::size_t bytes) const {
    dma_heap_allocation_data request = {};
    request.len = bytes;
    request.fd_flags = O_RDWR | O_CLOEXEC;
    if (ioctl(fd_.get(), DMA_HEAP_IOCTL_ALLOC, &request) != 0)
        return util::fail_errno("no memory from the heap of dma-bufs");
    return util::UniqueFd(static_cast<int>(request.fd));
}

} // namespace daedalus::gpu
