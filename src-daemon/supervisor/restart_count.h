// SPDX-License-Identifier: BSD-2-Clause
// How often the daemon had to be started again, which the service manager tells nobody who can't ask it on
// D-Bus. The count lies in a file that one daemon leaves to the next; see runtime_file().
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

namespace daedalus::supervisor {

/// The file's name.
inline constexpr std::string_view restart_count_name = "restarts";

/// Counts this start: one more than `file` says, or 0 where there is no such file, and writes it there.
/// Unset where it can't be written, since the next start would be wrong about it.
[[nodiscard]] std::optional<std::uint64_t> count_restart(const std::filesystem::path& file);

} // namespace daedalus::supervisor
