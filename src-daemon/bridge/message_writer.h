// SPDX-License-Identifier: BSD-2-Clause
// The reverse of message_parser.h, for messages that are kept.
#pragma once

#include "bridge/messages.h"

#include <cstddef>
#include <span>

namespace daedalus::bridge {

/// Bytes that write_decode_message() needs.
[[nodiscard]] std::size_t decode_message_size(const DecodeMessage& message);

/// Writes what MessageParser reads as the same message, decode_message_size() bytes of it.
void write_decode_message(const DecodeMessage& message, std::span<std::byte> to);

} // namespace daedalus::bridge
