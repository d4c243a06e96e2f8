// SPDX-License-Identifier: BSD-2-Clause
// Range checks of control fields, which come from a client and may hold anything.
#pragma once

#include <cerrno>
#include <cstdint>
#include <expected>
#include <string>

#include "util/error.h"

namespace daedalus::bitstream {

/// Collects range checks and remembers the first that failed.
class ControlCheck {
  public:
    /// `codec` is for the message, and must outlive this object.
    explicit ControlCheck(const char* codec) : codec_(codec) {}

    void in_range(const char* field, std::int64_t value, std::int64_t lowest, std::int64_t highest) {
        if (!ok() || (value >= lowest && value <= highest))
            return;
        message_ = std::string(codec_) + " controls: " + field + " is " + std::to_string(value) +
                   ", not in " + std::to_string(lowest) + ".." + std::to_string(highest);
    }

    [[nodiscard]] bool ok() const { return message_.empty(); }

    /// Error: ERANGE, with the name, value and range of the first field that was out of it.
    [[nodiscard]] std::expected<void, util::Error> result() const {
        if (!ok())
            return util::fail(ERANGE, message_);
        return {};
    }

  private:
    const char* codec_;
    std::string message_;
};

} // namespace daedalus::bitstream
