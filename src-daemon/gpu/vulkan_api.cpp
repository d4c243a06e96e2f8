// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/vulkan_api.h"

#include "decoder/shared_library.h"

DAEDALUS_DLOPEN_NOTE(vulkan_note, "vulkan", "NV12 and P010 pictures written by a GPU", "suggested",
                     "libvulkan.so.1")

namespace daedalus::gpu {
namespace {

/// Vulkan has one type for all functions; which one it is the name says.
template <typename Function>
bool fill(Function& function, PFN_vkVoidFunction address) {
    function = reinterpret_cast<Function>(address);
    return address != nullptr;
}

std::unexpected<util::Error> missing(const char* name) {
    return util::fail(ENOSYS, std::string("Vulkan has no function ") + name);
}

} // namespace

util::Result<VulkanApi> VulkanApi::load(const std::string& library) {
    const auto loader = decoder::SharedLibrary::load(library, "libvulkan1");
    if (!loader)
        return std::unexpected(loader.error());
    VulkanApi api;
    if (auto resolved = loader->resolve_all({{api.GetInstanceProcAddr, "vkGetInstanceProcAddr"}}); !resolved)
        return std::unexpected(std::move(resolved.error()));
#define DAEDALUS_VULKAN_LOAD(name)                                                                           \
    if (!fill(api.name, api.GetInstanceProcAddr(nullptr, "vk" #name)))                                       \
        return missing("vk" #name);
    DAEDALUS_VULKAN_GLOBAL(DAEDALUS_VULKAN_LOAD)
#undef DAEDALUS_VULKAN_LOAD
    return api;
}

util::Result<void> VulkanApi::load_instance(VkInstance instance) {
#define DAEDALUS_VULKAN_LOAD(name)                                                                           \
    if (!fill(name, GetInstanceProcAddr(instance, "vk" #name)))                                              \
        return missing("vk" #name);
    DAEDALUS_VULKAN_INSTANCE(DAEDALUS_VULKAN_LOAD)
#undef DAEDALUS_VULKAN_LOAD
    return {};
}

util::Result<void> VulkanApi::load_device(VkDevice device) {
#define DAEDALUS_VULKAN_LOAD(name)                                                                           \
    if (!fill(name, GetDeviceProcAddr(device, "vk" #name)))                                                  \
        return missing("vk" #name);
    DAEDALUS_VULKAN_DEVICE(DAEDALUS_VULKAN_LOAD)
#undef DAEDALUS_VULKAN_LOAD
#define DAEDALUS_VULKAN_TRY(name) fill(name, GetDeviceProcAddr(device, "vk" #name));
    DAEDALUS_VULKAN_OPTIONAL(DAEDALUS_VULKAN_TRY)
#undef DAEDALUS_VULKAN_TRY
    return {};
}

std::string result_name(VkResult result) {
    switch (result) {
    case VK_SUCCESS:
        return "VK_SUCCESS";
    case VK_TIMEOUT:
        return "VK_TIMEOUT";
    case VK_ERROR_DEVICE_LOST:
        return "VK_ERROR_DEVICE_LOST";
    case VK_ERROR_OUT_OF_HOST_MEMORY:
        return "VK_ERROR_OUT_OF_HOST_MEMORY";
    case VK_ERROR_OUT_OF_DEVICE_MEMORY:
        return "VK_ERROR_OUT_OF_DEVICE_MEMORY";
    case VK_ERROR_INITIALIZATION_FAILED:
        return "VK_ERROR_INITIALIZATION_FAILED";
    case VK_ERROR_INCOMPATIBLE_DRIVER:
        return "VK_ERROR_INCOMPATIBLE_DRIVER";
    case VK_ERROR_LAYER_NOT_PRESENT:
        return "VK_ERROR_LAYER_NOT_PRESENT";
    case VK_ERROR_EXTENSION_NOT_PRESENT:
        return "VK_ERROR_EXTENSION_NOT_PRESENT";
    case VK_ERROR_INVALID_EXTERNAL_HANDLE:
        return "VK_ERROR_INVALID_EXTERNAL_HANDLE";
    default:
        return "VkResult " + std::to_string(result);
    }
}

std::unexpected<util::Error> vulkan_error(const std::string& what, VkResult result) {
    const bool memory = result == VK_ERROR_OUT_OF_HOST_MEMORY || result == VK_ERROR_OUT_OF_DEVICE_MEMORY;
    return util::fail(result == VK_ERROR_DEVICE_LOST ? ENODEV
                      : memory                       ? ENOMEM
                                                     : EIO,
                      what + ": " + result_name(result));
}

} // namespace daedalus::gpu
