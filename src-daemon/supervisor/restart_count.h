// SPDX-License-Identifier: BSD-2-Clause
// How often the daemon had to be started again, which the service manager tells nobody who can't ask it on
// D-Bus. The count lies in a file of the service's runtime directory. Whoever ends as asked to takes it away;
// who crashes, or is killed, leaves it to the next.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace daedalus::supervisor {

/// The file in the runtime directory; unset without one.
[[nodiscard]] std::optional<std::filesystem::path> restart_count_file();

/// Counts this start: one more than `file` says, or 0 where there is no such file, and writes it there.
/// Unset where it can't be written, since the next start would be wrong about it.
[[nodiscard]] std::optional<std::uint64_t> count_restart(const std::filesystem::path& file);

/// The daemon ends as it was asked to: the next start is no restart.
void forget_restarts(const std::filesystem::path& file);

} // namespace daedalus::supervisor
