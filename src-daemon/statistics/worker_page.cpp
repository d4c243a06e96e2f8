// SPDX-License-Identifier: BSD-2-Clause
#include "statistics/worker_page.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <utility>

namespace daedalus::statistics {
namespace {

constexpr int required_seals = F_SEAL_GROW | F_SEAL_SHRINK | F_SEAL_SEAL;

} // namespace

util::Result<WorkerPage> WorkerPage::create() {
    util::UniqueFd fd(memfd_create("daedalus-statistics", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    if (!fd)
        return util::fail_errno("cannot create the statistics page");
    if (ftruncate(fd.get(), sizeof(PageLayout)) != 0)
        return util::fail_errno("cannot size the statistics page");
    const std::uint64_t magic = page_magic;
    if (pwrite(fd.get(), &magic, sizeof(magic), offsetof(PageLayout, magic)) != sizeof(magic))
        return util::fail_errno("cannot write the statistics page");
    if (fcntl(fd.get(), F_ADD_SEALS, required_seals) != 0)
        return util::fail_errno("cannot seal the statistics page");
    return map(std::move(fd), Access::read);
}

util::Result<WorkerPage> WorkerPage::map(util::UniqueFd fd, Access access) {
    // Sealed first, measured second: afterwards the size is what it is for ever.
    const int seals = fcntl(fd.get(), F_GET_SEALS);
    if (seals < 0)
        return util::fail_errno("cannot read the seals of the statistics page");
    if ((seals & required_seals) != required_seals)
        return util::fail(EINVAL, "the statistics page is not sealed against resizing");
    struct stat status {};
    if (fstat(fd.get(), &status) != 0)
        return util::fail_errno("cannot read the size of the statistics page");
    if (status.st_size != static_cast<off_t>(sizeof(PageLayout)))
        return util::fail(EINVAL,
                          "the statistics page is of another version: its size is not this program's");

    const int protection = access == Access::write ? PROT_READ | PROT_WRITE : PROT_READ;
    void* memory = mmap(nullptr, sizeof(PageLayout), protection, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED)
        return util::fail_errno("cannot map the statistics page");
    WorkerPage page(std::move(fd), static_cast<PageLayout*>(memory), access);
    if (page.layout().magic.load(std::memory_order_relaxed) != page_magic)
        return util::fail(EINVAL, "the statistics page is of another version");
    return page;
}

WorkerPage::WorkerPage(util::UniqueFd fd, PageLayout* layout, Access access)
    : fd_(std::move(fd)), layout_(layout), access_(access) {}

WorkerPage::WorkerPage(WorkerPage&& other) noexcept
    : fd_(std::move(other.fd_)), layout_(std::exchange(other.layout_, nullptr)), access_(other.access_) {}

WorkerPage& WorkerPage::operator=(WorkerPage&& other) noexcept {
    if (this != &other) {
        unmap();
        fd_ = std::move(other.fd_);
        layout_ = std::exchange(other.layout_, nullptr);
        access_ = other.access_;
    }
    return *this;
}

WorkerPage::~WorkerPage() {
    unmap();
}

void WorkerPage::unmap() {
    if (layout_ != nullptr)
        munmap(layout_, sizeof(PageLayout));
    layout_ = nullptr;
}

} // namespace daedalus::statistics
