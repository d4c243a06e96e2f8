// SPDX-License-Identifier: BSD-2-Clause
#include "injector.h"

#include "client/failure.h"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <unistd.h>

namespace daedalus::client {

FaultInjector::FaultInjector() {
    const int descriptor = ::open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
    if (descriptor < 0)
        throw Skip("this kernel injects no faults");
    file_ = File(descriptor);
    expect(set(0), "fail-nth can't be set");
}

bool FaultInjector::set(unsigned nth) const {
    const std::string text = std::to_string(nth);
    // Of what is left of the last count the write itself may be the one to fail.
    for (int tries = 0; tries < 3; tries++)
        if (::pwrite(file_.get(), text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()))
            return true;
    return false;
}

FaultInjector::Outcome FaultInjector::run(unsigned nth, const std::function<int()>& call) const {
    char left[16] = {};
    expect(set(nth), "fail-nth can't be set");
    Outcome outcome{.result = call()};
    // What is left is read before it is copied here, and the copy may be what fails: then something was left.
    const ssize_t count = ::pread(file_.get(), left, sizeof(left) - 1, 0);
    const int error = errno;
    expect(set(0), "fail-nth can't be set back");
    expect(count > 0 || error == EFAULT, "fail-nth can't be read");
    outcome.fired = count > 0 && std::strtoul(left, nullptr, 10) == 0;
    return outcome;
}

} // namespace daedalus::client
