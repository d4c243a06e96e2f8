// SPDX-License-Identifier: BSD-2-Clause
// Which of a machine's Vulkan devices is used.
#pragma once

#include "util/error.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace daedalus::gpu {

/// What a device is, from the best to the worst for pictures that lie in the machine's memory.
enum class DeviceKind {
    integrated,
    discrete,
    other,
    software, ///< the CPU, which does better without this detour
};

struct DeviceInfo {
    std::string name; ///< "V3D 7.1.7.0"
    std::array<std::uint8_t, 16> uuid = {};
    DeviceKind kind = DeviceKind::other;
};

/// "5f3b..-.." as Vulkan's tools print it: 32 hexadecimal digits with dashes.
[[nodiscard]] std::string uuid_text(const std::array<std::uint8_t, 16>& uuid);

/// The index of the device that `wanted` names: by its UUID, with dashes or without, or by a part of its
/// name, in whatever case. Empty: the best one that is not software. ENODEV, naming what there is: none.
[[nodiscard]] util::Result<std::size_t> choose_device(std::span<const DeviceInfo> devices,
                                                      std::string_view wanted);

} // namespace daedalus::gpu
