// SPDX-License-Identifier: BSD-2-Clause
// A Varlink client that never waits longer than it was told to.
#pragma once

#include "util/unique_fd.h"

#include <nlohmann/json.hpp>

#include <chrono>
#include <expected>
#include <string>

namespace daedalus::ctl {

/// Why the daemon did not answer.
enum class Problem {
    not_running,  ///< nobody listens
    hung,         ///< no answer in time
    denied,       ///< this user may not
    disconnected, ///< it closed the connection
    garbage,      ///< what it said is not Varlink
    error,        ///< it answered with an error
};

struct CallFailure {
    Problem problem = Problem::error;
    std::string message;       ///< a sentence for people, without full stop
    std::string error;         ///< Problem::error: the error's full name
    nlohmann::json parameters; ///< Problem::error: the error's parameters
};

template <typename T>
using CallResult = std::expected<T, CallFailure>;

class VarlinkClient {
  public:
    using Clock = std::chrono::steady_clock;

    /// Connects to the socket at `path`.
    [[nodiscard]] static CallResult<VarlinkClient> connect(const std::string& path,
                                                           Clock::time_point deadline);

    /// Calls a method and returns the parameters of its reply.
    [[nodiscard]] CallResult<nlohmann::json> call(const std::string& method, const nlohmann::json& parameters,
                                                  Clock::time_point deadline);
    /// Begins a call with "more"; receive() gets its replies.
    [[nodiscard]] CallResult<void> begin_stream(const std::string& method, const nlohmann::json& parameters,
                                                Clock::time_point deadline);
    /// The parameters of the next reply.
    [[nodiscard]] CallResult<nlohmann::json> receive(Clock::time_point deadline);
    /// To poll for a reply together with something else. After it is readable, receive().
    [[nodiscard]] int fd() const { return fd_.get(); }

  private:
    explicit VarlinkClient(util::UniqueFd fd) : fd_(std::move(fd)) {}
    [[nodiscard]] CallResult<void> send(const nlohmann::json& message, Clock::time_point deadline);
    [[nodiscard]] CallResult<std::string> receive_text(Clock::time_point deadline);
    [[nodiscard]] CallResult<void> wait(short events, Clock::time_point deadline) const;

    util::UniqueFd fd_;
    std::string input_;
};

} // namespace daedalus::ctl
