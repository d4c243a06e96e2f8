// SPDX-License-Identifier: BSD-2-Clause
// Decodes the embedded picture through the real device, as a player would.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <string>

namespace daedalus::ctl {

struct TestDecode {
    std::uint64_t microseconds = 0; ///< from queueing the request to the picture
};

/// Decodes through a video node and its media node. The error is a sentence that says which step failed and
/// why. Takes at most a little longer than `timeout`.
[[nodiscard]] std::expected<TestDecode, std::string> decode_test_frame(const std::string& video_node,
                                                                       const std::string& media_node,
                                                                       std::chrono::milliseconds timeout);

/// FNV-1a of `size` bytes, to go on with from `hash`.
[[nodiscard]] std::uint64_t checksum(const std::uint8_t* bytes, std::size_t size,
                                     std::uint64_t hash = 0xcbf29ce484222325);

} // namespace daedalus::ctl
