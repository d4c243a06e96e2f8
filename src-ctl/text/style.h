// SPDX-License-Identifier: BSD-2-Clause
// Colour, where it is wanted.
#pragma once

#include "environment.h"

#include <string>
#include <string_view>

namespace daedalus::ctl {

enum class Color {
    none,
    bold,
    red,
    green,
    yellow,
    dim,
};

/// `text` in a colour if the environment wants colours, else as it is.
[[nodiscard]] std::string paint(const Environment& environment, Color color, std::string_view text);
/// Green, yellow, red.
[[nodiscard]] Color color_of(ExitCode code);
/// Columns that `text` takes on a terminal: its code points. Knows no escape sequences.
[[nodiscard]] std::size_t display_width(std::string_view text);
/// `text` cut or padded with blanks to `columns`.
[[nodiscard]] std::string fit(std::string_view text, std::size_t columns);

} // namespace daedalus::ctl
