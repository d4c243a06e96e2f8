// SPDX-License-Identifier: BSD-2-Clause
// From the bytes that read(2) on a session fd returned to values. Pure: no system calls, no state, no
// allocation but for error texts.
#pragma once

#include "bridge/messages.h"
#include "util/error.h"

#include <cstddef>
#include <optional>
#include <span>

namespace daedalus::bridge {

/// Steps through the whole messages of one read(2).
class MessageParser {
  public:
    /// `data` outlives the messages that next() returns, which point into it.
    explicit MessageParser(std::span<std::byte> data) : rest_(data) {}

    /// The next message, nothing at the end, or EPROTO when the kernel broke the protocol: a length that is
    /// not a multiple of 8 or leaves the data, an offset out of place, a control of the wrong size, an
    /// unknown type, flag or codec, a reserved field in use. After an error nothing more is to be had.
    util::Result<std::optional<Message>> next();

  private:
    std::span<std::byte> rest_;
};

/// The payload size that the uAPI defines for one element of control `id`; 0 for controls that this build
/// does not know, which are passed on unchecked and never looked at.
[[nodiscard]] std::size_t control_element_size(std::uint32_t id);

} // namespace daedalus::bridge
