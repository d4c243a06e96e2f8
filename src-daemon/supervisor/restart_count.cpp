// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/restart_count.h"

#include <fstream>

namespace daedalus::supervisor {

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

} // namespace daedalus::supervisor
