// SPDX-License-Identifier: BSD-2-Clause
#include "util/unique_fd.h"

#include <cerrno>

namespace daedalus::util {

void UniqueFd::reset(int fd) {
    if (fd_ >= 0 && fd_ != fd) {
        // A destructor on an error path must not change what the caller is about to report.
        const int saved = errno;
        ::close(fd_);
        errno = saved;
    }
    fd_ = fd;
}

} // namespace daedalus::util
