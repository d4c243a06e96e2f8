// SPDX-License-Identifier: BSD-2-Clause
// A program that was started, and is watched without signals.
#pragma once

#include "util/error.h"
#include "util/unique_fd.h"

#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace daedalus::supervisor {

/// How a child ended.
struct ExitStatus {
    bool exited = false; ///< by itself; else a signal killed it
    int value = 0;       ///< exit status or signal number
    bool known = true;   ///< false: it was somebody else's child, and nobody has told

    [[nodiscard]] bool success() const { return known && exited && value == 0; }
    /// "exited with status 1", "was killed by signal 11 (Segmentation fault)", "ended".
    [[nodiscard]] std::string describe() const;
};

/// A running child, or a process that is looked after like one. Its owner kills and reaps it when it goes.
class ChildProcess {
  public:
    /// A file descriptor of ours and the number the child knows it by.
    using InheritedFd = std::pair<int, int>;

    /// Starts `path` with `arguments` (without argv[0]) and an empty signal mask. Of our file descriptors it
    /// gets standard input, output and error, and those of `fds`; all others here are close-on-exec. It is
    /// called `name`, or else `path`, in its argv[0] and in errors.
    /// ENOENT, EACCES: no such program, or it may not be run.
    static util::Result<ChildProcess> start(const std::string& path,
                                            const std::vector<std::string>& arguments,
                                            const std::vector<InheritedFd>& fds, const std::string& name);
    static util::Result<ChildProcess> start(const std::string& path,
                                            const std::vector<std::string>& arguments,
                                            const std::vector<InheritedFd>& fds) {
        return start(path, arguments, fds, path);
    }

    /// Looks after a child of the process that was here before. `pid` is what it was started as, for people;
    /// `pidfd` is the process.
    static ChildProcess adopt(pid_t pid, util::UniqueFd pidfd) { return {pid, std::move(pidfd)}; }

    ChildProcess(ChildProcess&& other) noexcept
        : pid_(std::exchange(other.pid_, 0)), pidfd_(std::move(other.pidfd_)) {}
    ChildProcess& operator=(ChildProcess&& other) noexcept;
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;
    ~ChildProcess();

    [[nodiscard]] pid_t pid() const { return pid_; }
    /// Readable once the child has ended. The pidfd: whoever has a copy can adopt the process.
    [[nodiscard]] int poll_fd() const { return pidfd_.get(); }

    void kill(int signal) const;
    /// Takes the status of a child whose poll_fd() is readable; blocks until the end of any other.
    ExitStatus reap();
    /// Leaves it to itself.
    void release();

  private:
    ChildProcess(pid_t pid, util::UniqueFd pidfd) : pid_(pid), pidfd_(std::move(pidfd)) {}

    pid_t pid_ = 0; ///< 0: none, or reaped
    util::UniqueFd pidfd_;
};

} // namespace daedalus::supervisor
