// SPDX-License-Identifier: BSD-2-Clause
// What one daemon leaves to the next: files in the directory that the service manager made for this service,
// and keeps over a restart (RuntimeDirectoryPreserve=restart) but not over a stop. A daemon that ends as
// asked to takes its files away; one that crashes, or is killed, leaves them.
#pragma once

#include <filesystem>
#include <optional>
#include <string_view>

namespace daedalus::supervisor {

/// The file of that name; unset without a runtime directory.
[[nodiscard]] std::optional<std::filesystem::path> runtime_file(std::string_view name);

/// Takes it away, if it is there.
void forget_file(const std::optional<std::filesystem::path>& file);

} // namespace daedalus::supervisor
