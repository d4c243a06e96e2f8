// SPDX-License-Identifier: BSD-2-Clause
#include "text/units.h"

#include "bridge/codec_names.h"
#include "util/log.h"

#include <algorithm>
#include <array>
#include <cinttypes>

namespace daedalus::ctl {
namespace {

constexpr std::uint64_t us_per_ms = 1000;
constexpr std::uint64_t us_per_second = 1000 * us_per_ms;
constexpr std::uint64_t us_per_minute = 60 * us_per_second;
constexpr std::uint64_t us_per_hour = 60 * us_per_minute;
constexpr std::uint64_t us_per_day = 24 * us_per_hour;

std::string two_units(std::uint64_t us, std::uint64_t large, const char* large_name, std::uint64_t small,
                      const char* small_name) {
    return std::to_string(us / large) + " " + large_name + " " + std::to_string((us % large) / small) + " " +
           small_name;
}

} // namespace

std::string format_duration(std::uint64_t microseconds) {
    const auto value = static_cast<double>(microseconds);
    if (microseconds < us_per_ms)
        return std::to_string(microseconds) + " us";
    if (microseconds < us_per_second)
        return util::format("%.1f ms", value / us_per_ms);
    if (microseconds < us_per_minute)
        return util::format("%.1f s", value / us_per_second);
    if (microseconds < us_per_hour)
        return two_units(microseconds, us_per_minute, "min", us_per_second, "s");
    if (microseconds < us_per_day)
        return two_units(microseconds, us_per_hour, "h", us_per_minute, "min");
    return two_units(microseconds, us_per_day, "d", us_per_hour, "h");
}

std::string format_ms(std::uint64_t microseconds) {
    return util::format("%.1f", static_cast<double>(microseconds) / us_per_ms);
}

std::string format_bytes(std::uint64_t bytes) {
    static constexpr std::array units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    auto value = static_cast<double>(bytes);
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < units.size()) {
        value /= 1024;
        ++unit;
    }
    return unit == 0 ? util::format("%" PRIu64 " B", bytes) : util::format("%.1f %s", value, units.at(unit));
}

std::string format_rate(double per_second) {
    return util::format("%.1f", per_second);
}

std::string format_cookie(std::uint64_t cookie) {
    return util::format("0x%" PRIx64, cookie);
}

std::string format_optional(const std::optional<std::uint64_t>& number) {
    return number ? std::to_string(*number) : "-";
}

std::string format_size(const std::optional<std::uint64_t>& width,
                        const std::optional<std::uint64_t>& height) {
    return width && height ? std::to_string(*width) + "x" + std::to_string(*height) : "-";
}

std::string codec_title(const std::string& keyword) {
    const auto codec = bridge::codec_from_keyword(keyword);
    return codec ? std::string(bridge::codec_title(*codec)) : keyword;
}

std::string sparkline(const std::vector<std::uint64_t>& values, std::size_t columns) {
    static constexpr std::array bars = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    const std::size_t first = values.size() > columns ? values.size() - columns : 0;
    std::uint64_t largest = 1;
    for (std::size_t i = first; i < values.size(); ++i)
        largest = std::max(largest, values[i]);
    std::string line;
    for (std::size_t i = first; i < values.size(); ++i) {
        const double height = static_cast<double>(values[i]) / static_cast<double>(largest);
        line +=
            bars.at(std::min<std::size_t>(static_cast<std::size_t>(height * bars.size()), bars.size() - 1));
    }
    return line;
}

} // namespace daedalus::ctl
