// SPDX-License-Identifier: BSD-2-Clause
#include "model/devices.h"

#include "daedalus/protocol.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

namespace daedalus::ctl {
namespace {

namespace fs = std::filesystem;

DeviceNode inspect(const Environment& environment, const std::string& name, const char* purpose) {
    DeviceNode node;
    node.path = "/dev/" + name;
    node.purpose = purpose;
    const fs::path path = environment.at(node.path);
    std::error_code error;
    node.exists = fs::exists(path, error);
    node.accessible = access(path.c_str(), R_OK | W_OK) == 0;
    return node;
}

std::vector<std::string> names_in(const fs::path& directory, const std::string& prefix) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(directory, error), end; !error && entry != end; entry.increment(error))
        if (entry->path().filename().string().starts_with(prefix))
            names.push_back(entry->path().filename().string());
    std::ranges::sort(names);
    return names;
}

} // namespace

std::vector<DeviceNode> find_devices(const Environment& environment) {
    const fs::path device = environment.at("/sys/devices/platform") / module_name;
    std::vector<DeviceNode> nodes;
    for (const std::string& name : names_in(device / "video4linux", "video"))
        nodes.push_back(inspect(environment, name, "video"));
    for (const std::string& name : names_in(device, "media"))
        nodes.push_back(inspect(environment, name, "media"));
    nodes.push_back(inspect(environment, DAEDALUS_DEVICE_NAME, "daemon"));
    return nodes;
}

} // namespace daedalus::ctl
