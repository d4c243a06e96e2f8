// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/descriptors.h"

#include "util/unique_fd.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <limits>

namespace daedalus::sandbox {

util::Result<void> detach_standard_streams() {
    const util::UniqueFd null(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!null || dup2(null.get(), STDIN_FILENO) < 0 || dup2(null.get(), STDOUT_FILENO) < 0)
        return util::fail_errno("cannot replace standard input and output by /dev/null");
    return {};
}

std::vector<int> open_descriptors() {
    constexpr int most = 1024;
    std::vector<int> found;
    for (int fd = 0; fd < most; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            found.push_back(fd);
    return found;
}

util::Result<void> close_all_but(std::vector<int> keep) {
    keep.push_back(STDERR_FILENO);
    std::ranges::sort(keep);
    // The gaps between what is kept, and all above.
    for (std::size_t i = 0; i < keep.size(); i++) {
        if (keep[i] < STDERR_FILENO)
            continue;
        const auto first = static_cast<unsigned>(keep[i]) + 1;
        const unsigned last = i + 1 < keep.size() ? static_cast<unsigned>(keep[i + 1]) - 1
                                                  : std::numeric_limits<unsigned>::max();
        if (first <= last && close_range(first, last, 0) != 0)
            return util::fail_errno("cannot close file descriptors");
    }
    return {};
}

} // namespace daedalus::sandbox
