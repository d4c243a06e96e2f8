// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/restart_count.h"

#include "supervisor/runtime_directory.h"

#include <fstream>
#include <system_error>

namespace daedalus::supervisor {

std::optional<std::filesystem::path> restart_count_file() {
    const auto directory = runtime_directory();
    return directory ? std::optional(*directory / "restarts") : std::nullopt;
}

std::optional<std::uint64_t> count_restart(const std::filesystem::path& file) {
    std::uint64_t restarts = 0;
    if (std::ifstream old(file); old) {
        // An empty file was left by a start that came no further than that.
        old >> restarts;
        ++restarts;
    }
    std::ofstream out(file, std::ios::trunc);
    out << restarts << "\n";
    out.close();
    return out ? std::optional(restarts) : std::nullopt;
}

void forget_restarts(const std::filesystem::path& file) {
    std::error_code ignored;
    std::filesystem::remove(file, ignored);
}

} // namespace daedalus::supervisor
