// SPDX-License-Identifier: BSD-2-Clause
#include "model/devices.h"

#include "daedalus/protocol.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
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

std::string first_line(const fs::path& path) {
    std::string line;
    std::ifstream file(path);
    std::getline(file, line);
    return line;
}

} // namespace

std::vector<DeviceNode> find_devices(const Environment& environment) {
    const fs::path device = environment.at("/sys/devices/platform") / module_name;
    const std::string stateful = first_line(device / "stateful_device");
    std::vector<DeviceNode> nodes;
    for (const std::string& name : names_in(device / "video4linux", "video"))
        nodes.push_back(inspect(environment, name, name == stateful ? "stateful" : "video"));
    for (const std::string& name : names_in(device, "media"))
        nodes.push_back(inspect(environment, name, "media"));
    nodes.push_back(inspect(environment, DAEDALUS_DEVICE_NAME, "daemon"));
    return nodes;
}

std::optional<unsigned> node_number(const std::string& path) {
    const std::size_t digits = path.find_last_not_of("0123456789") + 1;
    unsigned number = 0;
    const auto [end, error] = std::from_chars(path.data() + digits, path.data() + path.size(), number);
    if (error != std::errc{})
        return std::nullopt;
    return number;
}

std::string node_name(const Environment& environment, unsigned number) {
    return first_line(environment.at("/sys/class/video4linux") / ("video" + std::to_string(number)) / "name");
}

} // namespace daedalus::ctl
