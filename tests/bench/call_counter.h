// SPDX-License-Identifier: BSD-2-Clause
// Counts the system calls of another process.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <thread>

namespace daedalus::bench {

struct CallCounts {
    std::map<std::string, std::uint64_t> calls; ///< by name; looks into a socket's queue are "peek"
    std::uint64_t received_bytes = 0;           ///< of read and recvmsg
};

/// Stops every thread of the process at every system call, from its construction to the end of the process:
/// so it is slow, but misses none. ptrace must be allowed.
class CallCounter {
  public:
    /// Throws std::runtime_error. The process must not start threads from now on.
    explicit CallCounter(pid_t process);
    CallCounter(const CallCounter&) = delete;
    CallCounter& operator=(const CallCounter&) = delete;
    /// The process must have been killed or be about to end.
    ~CallCounter();

    /// Forgets what was counted so far.
    void start();
    [[nodiscard]] CallCounts counts() const;

  private:
    void trace(pid_t process);
    void at_call(pid_t thread);

    mutable std::mutex mutex_; ///< guards counts_
    CallCounts counts_;
    std::atomic<int> state_ = 0; ///< 0: not attached yet, 1: counting, -1: cannot
    std::thread tracer_;         ///< ptrace is a matter of the thread that attaches
};

} // namespace daedalus::bench
