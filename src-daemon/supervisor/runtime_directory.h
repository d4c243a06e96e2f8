// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <filesystem>
#include <optional>

namespace daedalus::supervisor {

/// The directory that the service manager made for this service, and keeps over a restart
/// (RuntimeDirectoryPreserve=restart) but not over a stop; unset without one.
[[nodiscard]] std::optional<std::filesystem::path> runtime_directory();

} // namespace daedalus::supervisor
