// SPDX-License-Identifier: BSD-2-Clause
#include "text/style.h"

#include <algorithm>

namespace daedalus::ctl {
namespace {

const char* escape(Color color) {
    switch (color) {
    case Color::bold:
        return "\033[1m";
    case Color::red:
        return "\033[31m";
    case Color::green:
        return "\033[32m";
    case Color::yellow:
        return "\033[33m";
    case Color::dim:
        return "\033[2m";
    case Color::none:
        break;
    }
    return "";
}

bool begins_code_point(char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

} // namespace

std::string paint(const Environment& environment, Color color, std::string_view text) {
    if (!environment.color || color == Color::none)
        return std::string(text);
    return escape(color) + std::string(text) + "\033[0m";
}

Color color_of(ExitCode code) {
    switch (code) {
    case exit_healthy:
        return Color::green;
    case exit_degraded:
    case exit_unknown:
        return Color::yellow;
    case exit_critical:
        break;
    }
    return Color::red;
}

std::size_t display_width(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_code_point));
}

std::string fit(std::string_view text, std::size_t columns) {
    std::string fitted;
    std::size_t width = 0;
    for (const char c : text) {
        if (begins_code_point(c) && ++width > columns)
            break;
        fitted += c;
    }
    fitted.append(columns - std::min(columns, width), ' ');
    return fitted;
}

} // namespace daedalus::ctl
