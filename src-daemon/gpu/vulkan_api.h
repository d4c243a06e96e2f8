// SPDX-License-Identifier: BSD-2-Clause
// Vulkan's functions, from a loader that is opened at run time: a machine without Vulkan lacks nothing.
#pragma once

#include "util/error.h"

#define VK_NO_PROTOTYPES
#include <vulkan/vulkan_core.h>

#include <string>

namespace daedalus::gpu {

// One line a function: what declares it also loads it.
// clang-format off
#define DAEDALUS_VULKAN_GLOBAL(X) \
    X(CreateInstance) \
    X(EnumerateInstanceExtensionProperties) \
    X(EnumerateInstanceLayerProperties) \
    X(EnumerateInstanceVersion)
#define DAEDALUS_VULKAN_INSTANCE(X) \
    X(CreateDevice) \
    X(DestroyInstance) \
    X(EnumerateDeviceExtensionProperties) \
    X(EnumeratePhysicalDevices) \
    X(GetDeviceProcAddr) \
    X(GetPhysicalDeviceExternalBufferProperties) \
    X(GetPhysicalDeviceMemoryProperties) \
    X(GetPhysicalDeviceProperties2) \
    X(GetPhysicalDeviceQueueFamilyProperties)
#define DAEDALUS_VULKAN_DEVICE(X) \
    X(AllocateCommandBuffers) \
    X(AllocateDescriptorSets) \
    X(AllocateMemory) \
    X(BeginCommandBuffer) \
    X(BindBufferMemory) \
    X(CmdBindDescriptorSets) \
    X(CmdBindPipeline) \
    X(CmdDispatch) \
    X(CmdPipelineBarrier) \
    X(CmdPushConstants) \
    X(CreateBuffer) \
    X(CreateCommandPool) \
    X(CreateComputePipelines) \
    X(CreateDescriptorPool) \
    X(CreateDescriptorSetLayout) \
    X(CreateFence) \
    X(CreatePipelineLayout) \
    X(CreateShaderModule) \
    X(DestroyBuffer) \
    X(DestroyCommandPool) \
    X(DestroyDescriptorPool) \
    X(DestroyDescriptorSetLayout) \
    X(DestroyDevice) \
    X(DestroyFence) \
    X(DestroyPipeline) \
    X(DestroyPipelineLayout) \
    X(DestroyShaderModule) \
    X(EndCommandBuffer) \
    X(FreeMemory) \
    X(GetBufferMemoryRequirements) \
    X(GetDeviceQueue) \
    X(MapMemory) \
    X(QueueSubmit) \
    X(ResetFences) \
    X(UpdateDescriptorSets) \
    X(WaitForFences)
// Those of extensions, null where the device has not got them.
#define DAEDALUS_VULKAN_OPTIONAL(X) \
    X(GetMemoryFdPropertiesKHR) \
    X(GetMemoryHostPointerPropertiesEXT)
// clang-format on

/// The functions, filled in one step after the other. Tests put their own into their places.
struct VulkanApi {
#define DAEDALUS_VULKAN_MEMBER(name) PFN_vk##name name = nullptr;
    PFN_vkGetInstanceProcAddr GetInstanceProcAddr = nullptr;
    DAEDALUS_VULKAN_GLOBAL(DAEDALUS_VULKAN_MEMBER)
    DAEDALUS_VULKAN_INSTANCE(DAEDALUS_VULKAN_MEMBER)
    DAEDALUS_VULKAN_DEVICE(DAEDALUS_VULKAN_MEMBER)
    DAEDALUS_VULKAN_OPTIONAL(DAEDALUS_VULKAN_MEMBER)
#undef DAEDALUS_VULKAN_MEMBER

    /// Opens the loader, "libvulkan.so.1" but in tests, and fills in what needs no instance. ENOENT: it is
    /// not installed. ENOSYS: it is older than Vulkan 1.1.
    static util::Result<VulkanApi> load(const std::string& library);
    /// ENOSYS, naming it: a function is missing.
    [[nodiscard]] util::Result<void> load_instance(VkInstance instance);
    [[nodiscard]] util::Result<void> load_device(VkDevice device);
};

/// "VK_ERROR_DEVICE_LOST", or the number of one that has no business here.
[[nodiscard]] std::string result_name(VkResult result);

/// An error with `what` and the result's name; ENODEV for a lost device, ENOMEM where memory ran out, else
/// EIO.
[[nodiscard]] std::unexpected<util::Error> vulkan_error(const std::string& what, VkResult result);

} // namespace daedalus::gpu
