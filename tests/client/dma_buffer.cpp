// SPDX-License-Identifier: BSD-2-Clause
#include "dma_buffer.h"

#include "failure.h"

#include <cerrno>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <linux/dma-heap.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace daedalus::client {

namespace {

File open_or_skip(const char* path) {
    File file(::open(path, O_RDWR | O_CLOEXEC));
    if (!file.is_open())
        throw Skip(std::string(path) + " is not there");
    return file;
}

File from_system_heap(size_t size) {
    const File heap = open_or_skip("/dev/dma_heap/system");
    dma_heap_allocation_data request{};
    request.len = size;
    request.fd_flags = O_RDWR | O_CLOEXEC;
    const int result = heap.control(DMA_HEAP_IOCTL_ALLOC, &request);
    if (result < 0)
        fail_errno("DMA_HEAP_IOCTL_ALLOC", -result);
    return File(static_cast<int>(request.fd));
}

File from_udmabuf(size_t size) {
    const File device = open_or_skip("/dev/udmabuf");
    const File memory(::memfd_create("picture", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    expect(memory.is_open() && ::ftruncate(memory.get(), static_cast<off_t>(size)) == 0 &&
               ::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_SHRINK) == 0,
           "memfd_create");
    udmabuf_create request{};
    request.memfd = static_cast<uint32_t>(memory.get());
    request.flags = UDMABUF_FLAGS_CLOEXEC;
    request.size = size;
    const int result = device.control(UDMABUF_CREATE, &request);
    if (result < 0)
        fail_errno("UDMABUF_CREATE", -result);
    return File(result);
}

void synchronise(int descriptor, uint64_t flags) {
    dma_buf_sync argument{.flags = flags};
    while (::ioctl(descriptor, DMA_BUF_IOCTL_SYNC, &argument) < 0 && (errno == EINTR || errno == EAGAIN)) {
    }
}

} // namespace

DmaBuffer::DmaBuffer(DmaBufferSource source, size_t size) {
    const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
    size = (size + page - 1) / page * page;
    file_ = source == DmaBufferSource::system_heap ? from_system_heap(size) : from_udmabuf(size);
    mapping_ = Mapping(file_.get(), size, PROT_READ | PROT_WRITE, 0);
}

DmaBufferRead::DmaBufferRead(int descriptor) : descriptor_(descriptor) {
    synchronise(descriptor_, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ);
}

DmaBufferRead::~DmaBufferRead() {
    synchronise(descriptor_, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ);
}

} // namespace daedalus::client
