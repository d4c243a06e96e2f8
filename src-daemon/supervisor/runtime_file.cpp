// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/runtime_file.h"

#include <cstdlib>
#include <system_error>

namespace daedalus::supervisor {

std::optional<std::filesystem::path> runtime_file(std::string_view name) {
    const char* directories = std::getenv("RUNTIME_DIRECTORY");
    if (directories == nullptr || *directories != '/')
        return std::nullopt;
    // Several are separated by colons; ours has one.
    const std::string_view first(directories);
    return std::filesystem::path(first.substr(0, first.find(':'))) / name;
}

void forget_file(const std::optional<std::filesystem::path>& file) {
    std::error_code ignored;
    if (file)
        std::filesystem::remove(*file, ignored);
}

} // namespace daedalus::supervisor
