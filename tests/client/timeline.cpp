// SPDX-License-Identifier: BSD-2-Clause
#include "timeline.h"

#include "failure.h"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <linux/dma-buf.h>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>

namespace daedalus::client {

namespace {

// drivers/dma-buf/sw_sync.c: no header has them.
struct CreateFence {
    uint32_t value;
    char name[32];
    int32_t fence;
};

constexpr unsigned long create_fence = _IOWR('W', 0, CreateFence);
constexpr unsigned long increment = _IOW('W', 1, uint32_t);

File open_timeline() {
    for (const char* path : {"/sys/kernel/debug/sync/sw_sync", "/sys/kernel/debug/sw_sync"})
        if (File file(::open(path, O_RDWR | O_CLOEXEC)); file.is_open())
            return file;
    throw Skip("the kernel has no fences for tests (CONFIG_SW_SYNC, debugfs)");
}

} // namespace

Timeline::Timeline() : file_(open_timeline()) {}

void Timeline::write_to(int dma_buf) const {
    CreateFence request{.value = value_ + 1, .name = "device", .fence = -1};
    const int result = file_.control(create_fence, &request);
    if (result < 0)
        fail_errno("SW_SYNC_IOC_CREATE_FENCE", -result);
    const File fence(request.fence);
    dma_buf_import_sync_file import{.flags = DMA_BUF_SYNC_WRITE, .fd = fence.get()};
    if (::ioctl(dma_buf, DMA_BUF_IOCTL_IMPORT_SYNC_FILE, &import) < 0)
        fail_errno("DMA_BUF_IOCTL_IMPORT_SYNC_FILE", errno);
}

void Timeline::advance() {
    uint32_t by = 1;
    const int result = file_.control(increment, &by);
    if (result < 0)
        fail_errno("SW_SYNC_IOC_INC", -result);
    value_++;
}

} // namespace daedalus::client
