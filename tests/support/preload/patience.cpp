// SPDX-License-Identifier: BSD-2-Clause
// For LD_PRELOAD: select() and epoll_wait() wait PATIENCE times as long as the program asks them to, and how
// long the longest of them took is told on standard error at the end, in milliseconds.
//
// v4l2-compliance wants a stream to be recognised within one second, which a machine that emulates
// another and checks all that its kernel does may not keep while others want its processors.
#include <dlfcn.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

namespace {

using Clock = std::chrono::steady_clock;

// Lasts as long as the program.
class Patience {
  public:
    Patience() {
        const char* factor = std::getenv("PATIENCE");
        if (factor != nullptr)
            factor_ = std::clamp(std::strtol(factor, nullptr, 10), 1L, 100L);
    }
    ~Patience() {
        std::fprintf(stderr, "patience: longest wait %lld ms\n", static_cast<long long>(longest_.count()));
    }

    long factor() const { return factor_; }
    void waited_since(Clock::time_point start) {
        const auto time = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - start);
        longest_ = std::max(longest_, time);
    }

  private:
    long factor_ = 1;
    std::chrono::milliseconds longest_{0};
};

Patience patience;

} // namespace

extern "C" int select(int nfds, fd_set* readfds, fd_set* writefds, fd_set* exceptfds, timeval* timeout) {
    using Select = int (*)(int, fd_set*, fd_set*, fd_set*, timeval*);
    static const auto next = reinterpret_cast<Select>(dlsym(RTLD_NEXT, "select"));
    timeval longer = timeout != nullptr ? *timeout : timeval{};
    longer.tv_sec *= patience.factor();
    const auto start = Clock::now();
    const int result = next(nfds, readfds, writefds, exceptfds, timeout != nullptr ? &longer : nullptr);
    patience.waited_since(start);
    return result;
}

extern "C" int epoll_wait(int epfd, epoll_event* events, int maxevents, int timeout) {
    using EpollWait = int (*)(int, epoll_event*, int, int);
    static const auto next = reinterpret_cast<EpollWait>(dlsym(RTLD_NEXT, "epoll_wait"));
    const auto start = Clock::now();
    const int result =
        next(epfd, events, maxevents, timeout < 0 ? timeout : timeout * static_cast<int>(patience.factor()));
    patience.waited_since(start);
    return result;
}
