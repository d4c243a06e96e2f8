// SPDX-License-Identifier: BSD-2-Clause
// include/org.daedalus.v4l2.varlink, as it was when the daemon was built.
#pragma once

#include <string_view>

namespace daedalus::control {

inline constexpr std::string_view interface_name = "org.daedalus.v4l2";
extern const std::string_view interface_text;

} // namespace daedalus::control
