// SPDX-License-Identifier: BSD-2-Clause
// Numbers as people read them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace daedalus::ctl {

/// "850 us", "1.3 ms", "12.4 s", "3 min 20 s", "2 h 3 min", "5 d 1 h".
[[nodiscard]] std::string format_duration(std::uint64_t microseconds);
/// Milliseconds with one digit behind the point, without unit, for columns: "1.3".
[[nodiscard]] std::string format_ms(std::uint64_t microseconds);
/// "512 B", "1.2 MiB".
[[nodiscard]] std::string format_bytes(std::uint64_t bytes);
/// With one digit behind the point.
[[nodiscard]] std::string format_rate(double per_second);
/// "1920x1080", or "-" while the size is not known.
[[nodiscard]] std::string format_size(const std::optional<std::uint64_t>& width,
                                      const std::optional<std::uint64_t>& height);
/// "0x100000007", as reset takes it.
[[nodiscard]] std::string format_cookie(std::uint64_t cookie);
/// The number, or "-".
[[nodiscard]] std::string format_optional(const std::optional<std::uint64_t>& number);
/// "H.264" for "h264"; what is not known as it is.
[[nodiscard]] std::string codec_title(const std::string& keyword);
/// Bars of eight heights, the last `columns` of the values, scaled from 0 to the largest.
[[nodiscard]] std::string sparkline(const std::vector<std::uint64_t>& values, std::size_t columns);

} // namespace daedalus::ctl
