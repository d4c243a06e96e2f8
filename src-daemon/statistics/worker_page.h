// SPDX-License-Identifier: BSD-2-Clause
// The memory file that carries a worker's statistics to the supervisor.
#pragma once

#include "statistics/page_layout.h"
#include "util/error.h"
#include "util/unique_fd.h"

namespace daedalus::statistics {

/// A mapping of one worker's page. The supervisor creates the page and hands the file descriptor to the
/// worker, which maps it writable; a supervisor that takes over a running worker maps the same file again.
///
/// The file is sealed against resizing, so that no process that holds it can make a reader fault.
class WorkerPage {
  public:
    enum class Access {
        read,
        write,
    };

    /// Makes a new page of zeros, mapped for reading. Errors: those of memfd_create, ftruncate, mmap.
    [[nodiscard]] static util::Result<WorkerPage> create();

    /// Maps the page behind `fd`, of which it takes ownership. EINVAL: not a page of this layout, or not
    /// sealed against resizing. Errors: those of fcntl, fstat, mmap.
    [[nodiscard]] static util::Result<WorkerPage> map(util::UniqueFd fd, Access access);

    WorkerPage(WorkerPage&& other) noexcept;
    WorkerPage& operator=(WorkerPage&& other) noexcept;
    WorkerPage(const WorkerPage&) = delete;
    WorkerPage& operator=(const WorkerPage&) = delete;
    ~WorkerPage();

    /// The memory file, to pass on to a worker or to keep over a restart. Owned by this object.
    [[nodiscard]] int fd() const { return fd_.get(); }

    /// What Recorder writes. Only for a page mapped with Access::write; else nullptr.
    [[nodiscard]] PageLayout* writable() { return access_ == Access::write ? layout_ : nullptr; }
    /// What snapshot() reads.
    [[nodiscard]] const PageLayout& layout() const { return *layout_; }

  private:
    WorkerPage(util::UniqueFd fd, PageLayout* layout, Access access);
    void unmap();

    util::UniqueFd fd_;
    PageLayout* layout_ = nullptr;
    Access access_ = Access::read;
};

} // namespace daedalus::statistics
