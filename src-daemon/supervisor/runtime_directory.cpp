// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/runtime_directory.h"

#include <cstdlib>
#include <string>

namespace daedalus::supervisor {

std::optional<std::filesystem::path> runtime_directory() {
    const char* directories = std::getenv("RUNTIME_DIRECTORY");
    if (directories == nullptr || *directories != '/')
        return std::nullopt;
    // Several are separated by colons; ours has one.
    const std::string first(directories);
    return first.substr(0, first.find(':'));
}

} // namespace daedalus::supervisor
