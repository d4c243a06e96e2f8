// SPDX-License-Identifier: BSD-2-Clause
// Telling the log about bad pictures without flooding it: a broken stream has sixty a second.
#pragma once

#include "util/log.h"

#include <chrono>
#include <string>

namespace daedalus::worker {

class Complaints {
  public:
    /// Logs at most one line in ten seconds, and how many were left out before it.
    void about(const std::string& text) {
        const auto now = std::chrono::steady_clock::now();
        if (said_something_ && now - last_ < interval) {
            left_out_++;
            return;
        }
        if (left_out_ > 0)
            util::log(util::LogLevel::notice, "%s (and %u more like this)", text.c_str(), left_out_);
        else
            util::log(util::LogLevel::notice, "%s", text.c_str());
        last_ = now;
        left_out_ = 0;
        said_something_ = true;
    }

  private:
    static constexpr std::chrono::seconds interval{10};
    std::chrono::steady_clock::time_point last_;
    unsigned left_out_ = 0;
    bool said_something_ = false;
};

} // namespace daedalus::worker
