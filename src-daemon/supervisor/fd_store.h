// SPDX-License-Identifier: BSD-2-Clause
// File descriptors that outlive this process: the service manager keeps them while the service is restarted,
// for whatever reason, and lets go of them when it is stopped. sd_pid_notify_with_fds(3), systemd's
// "File Descriptor Store".
#pragma once

#include "util/unique_fd.h"

#include <map>
#include <string>
#include <utility>

namespace daedalus::supervisor {

/// Names are ours to choose: letters, digits and '-'.
class FdStore {
  public:
    /// Takes over what the process before has left, once, from the environment. Without a service manager
    /// there is nothing, and nothing is kept.
    static FdStore from_environment();

    /// Of nobody.
    FdStore() = default;
    /// Of a service manager that has kept `left`.
    explicit FdStore(std::map<std::string, util::UniqueFd> left) : active_(true), left_(std::move(left)) {}

    /// Whether anybody keeps anything. That somebody is asked to is no proof that he does.
    [[nodiscard]] bool active() const { return active_; }

    /// Has a copy of `fd` kept under a name that no other has.
    void keep(const std::string& name, int fd) const;
    /// Has what is kept under a name closed. One that nobody has is none of its business.
    void drop(const std::string& name) const;

    /// What the process before has left under a name, or nothing. It is kept on.
    [[nodiscard]] util::UniqueFd take(const std::string& name);
    /// The names of what has not been taken.
    [[nodiscard]] const std::map<std::string, util::UniqueFd>& left() const { return left_; }
    /// Has everything dropped that was left and not taken.
    void drop_left();

  private:
    bool active_ = false;
    std::map<std::string, util::UniqueFd> left_;
};

} // namespace daedalus::supervisor
