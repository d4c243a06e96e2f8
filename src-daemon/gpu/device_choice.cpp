// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/device_choice.h"

#include <algorithm>
#include <cctype>

namespace daedalus::gpu {
namespace {

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::string without_dashes(std::string text) {
    std::erase(text, '-');
    return text;
}

bool is_named(const DeviceInfo& device, const std::string& wanted) {
    return without_dashes(wanted) == without_dashes(uuid_text(device.uuid)) ||
           lower(device.name).find(wanted) != std::string::npos;
}

std::string names_of(std::span<const DeviceInfo> devices) {
    std::string names;
    for (const DeviceInfo& device : devices)
        names += (names.empty() ? "" : ", ") + device.name;
    return names.empty() ? "none" : names;
}

} // namespace

std::string uuid_text(const std::array<std::uint8_t, 16>& uuid) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (std::size_t i = 0; i < uuid.size(); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            text += '-';
        text += digits[uuid[i] >> 4];
        text += digits[uuid[i] & 15];
    }
    return text;
}

util::Result<std::size_t> choose_device(std::span<const DeviceInfo> devices, std::string_view wanted) {
    if (!wanted.empty()) {
        const std::string name = lower(wanted);
        const auto found =
            std::ranges::find_if(devices, [&](const DeviceInfo& device) { return is_named(device, name); });
        if (found == devices.end())
            return util::fail(ENODEV, "no Vulkan device is called '" + std::string(wanted) +
                                          "'; there are: " + names_of(devices));
        return static_cast<std::size_t>(found - devices.begin());
    }
    const auto best = std::ranges::min_element(devices, {}, &DeviceInfo::kind);
    if (best == devices.end() || best->kind == DeviceKind::software)
        return util::fail(ENODEV, "no Vulkan device is a GPU; devices of any kind: " + names_of(devices));
    return static_cast<std::size_t>(best - devices.begin());
}

} // namespace daedalus::gpu
