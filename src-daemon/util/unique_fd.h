// SPDX-License-Identifier: BSD-2-Clause
// A file descriptor that is closed when its owner goes.
#pragma once

#include <unistd.h>

#include <utility>

namespace daedalus::util {

/// Owns one file descriptor, or none (-1). Moves, never copies.
class UniqueFd {
  public:
    UniqueFd() = default;
    /// Takes ownership of `fd`.
    explicit UniqueFd(int fd) : fd_(fd) {}
    UniqueFd(UniqueFd&& other) noexcept : fd_(other.release()) {}
    UniqueFd& operator=(UniqueFd&& other) noexcept {
        if (this != &other)
            reset(other.release());
        return *this;
    }
    UniqueFd(const UniqueFd&) = delete;
    UniqueFd& operator=(const UniqueFd&) = delete;
    ~UniqueFd() { reset(); }

    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }
    explicit operator bool() const { return valid(); }

    /// Gives the descriptor up to the caller, who closes it.
    [[nodiscard]] int release() { return std::exchange(fd_, -1); }

    /// Closes what is owned and owns `fd` instead. errno survives.
    void reset(int fd = -1);

  private:
    int fd_ = -1;
};

} // namespace daedalus::util
