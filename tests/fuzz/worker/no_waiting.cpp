// SPDX-License-Identifier: BSD-2-Clause
// Time passes at once: who waits for a while for a message that has not come is told that the while is over,
// and who waits for as long as it takes, that there is one. Makes runs repeatable, and quick. Linked with
// --wrap=ppoll.
#include <csignal>
#include <ctime>

#include <poll.h>

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): the linker's names
extern "C" int __real_ppoll(pollfd* descriptors, nfds_t count, const timespec* timeout, const sigset_t* mask);
extern "C" int __wrap_ppoll(pollfd* descriptors, nfds_t count, const timespec* timeout, const sigset_t* mask);
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

int __wrap_ppoll(pollfd* descriptors, nfds_t count, const timespec* timeout, const sigset_t* mask) {
    constexpr timespec now = {};
    const int ready = __real_ppoll(descriptors, count, &now, mask);
    if (ready != 0 || timeout != nullptr)
        return ready;
    descriptors[0].revents = descriptors[0].events;
    return 1;
}
