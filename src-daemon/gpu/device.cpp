// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/device.h"

#include "gpu/pass.h"

#include <algorithm>
#include <array>
#include <cstring>

namespace daedalus::gpu {
namespace {

constexpr std::uint32_t api_version = VK_API_VERSION_1_1;
constexpr char validation_layer[] = "VK_LAYER_KHRONOS_validation";

/// The properties of a device, its UUID among them.
struct Properties {
    VkPhysicalDeviceProperties plain = {};
    DeviceInfo info;
};

DeviceKind kind_of(VkPhysicalDeviceType type) {
    switch (type) {
    case VK_PHYSICAL_DEVICE_TYPE_INTEGRATED_GPU:
        return DeviceKind::integrated;
    case VK_PHYSICAL_DEVICE_TYPE_DISCRETE_GPU:
        return DeviceKind::discrete;
    case VK_PHYSICAL_DEVICE_TYPE_CPU:
        return DeviceKind::software;
    default:
        return DeviceKind::other;
    }
}

Properties properties_of(const VulkanApi& api, VkPhysicalDevice device) {
    VkPhysicalDeviceIDProperties identity = {};
    identity.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES;
    VkPhysicalDeviceProperties2 all = {};
    all.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
    all.pNext = &identity;
    api.GetPhysicalDeviceProperties2(device, &all);
    Properties properties{.plain = all.properties, .info = {}};
    properties.info.name = all.properties.deviceName;
    std::ranges::copy(identity.deviceUUID, properties.info.uuid.begin());
    properties.info.kind = kind_of(all.properties.deviceType);
    return properties;
}

VkDebugUtilsMessengerCreateInfoEXT messenger_info(PFN_vkDebugUtilsMessengerCallbackEXT callback, void* user) {
    VkDebugUtilsMessengerCreateInfoEXT info = {};
    info.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_MESSENGER_CREATE_INFO_EXT;
    info.messageSeverity =
        VK_DEBUG_UTILS_MESSAGE_SEVERITY_WARNING_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_SEVERITY_ERROR_BIT_EXT;
    info.messageType =
        VK_DEBUG_UTILS_MESSAGE_TYPE_VALIDATION_BIT_EXT | VK_DEBUG_UTILS_MESSAGE_TYPE_PERFORMANCE_BIT_EXT;
    info.pfnUserCallback = callback;
    info.pUserData = user;
    return info;
}

} // namespace

util::Result<std::shared_ptr<Device>> Device::open(const DeviceOptions& options) {
    auto api = VulkanApi::load(options.library);
    if (!api)
        return std::unexpected(std::move(api.error()));
    std::shared_ptr<Device> device(new Device);
    device->api_ = *api;
    if (auto made = device->make_instance(options.validate); !made)
        return std::unexpected(std::move(made.error()));
    if (auto chosen = device->choose(options.wanted); !chosen)
        return std::unexpected(std::move(chosen.error()));
    if (auto found = device->find_queue_family(); !found)
        return std::unexpected(std::move(found.error()));
    device->learn_sharing();
    if (auto made = device->make_device(); !made)
        return std::unexpected(std::move(made.error()));
    return device;
}

Device::~Device() {
    if (abandoned_)
        return;
    if (device_ != VK_NULL_HANDLE)
        api_.DestroyDevice(device_, nullptr);
    if (messenger_ != VK_NULL_HANDLE) {
        const auto destroy = reinterpret_cast<PFN_vkDestroyDebugUtilsMessengerEXT>(
            api_.GetInstanceProcAddr(instance_, "vkDestroyDebugUtilsMessengerEXT"));
        if (destroy)
            destroy(instance_, messenger_, nullptr);
    }
    if (instance_ != VK_NULL_HANDLE && api_.DestroyInstance)
        api_.DestroyInstance(instance_, nullptr);
}

util::Result<void> Device::make_instance(bool validate) {
    VkApplicationInfo application = {};
    application.sType = VK_STRUCTURE_TYPE_APPLICATION_INFO;
    application.pApplicationName = "daedalus-v4l2";
    application.apiVersion = api_version;
    VkInstanceCreateInfo info = {};
    info.sType = VK_STRUCTURE_TYPE_INSTANCE_CREATE_INFO;
    info.pApplicationInfo = &application;
    // Also the order of accesses, which the layer does not look at by itself.
    constexpr VkValidationFeatureEnableEXT more = VK_VALIDATION_FEATURE_ENABLE_SYNCHRONIZATION_VALIDATION_EXT;
    VkValidationFeaturesEXT features = {};
    features.sType = VK_STRUCTURE_TYPE_VALIDATION_FEATURES_EXT;
    features.enabledValidationFeatureCount = 1;
    features.pEnabledValidationFeatures = &more;
    VkDebugUtilsMessengerCreateInfoEXT messenger = messenger_info(on_message, this);
    messenger.pNext = &features;
    const char* const layer = validation_layer;
    const char* const extension = VK_EXT_DEBUG_UTILS_EXTENSION_NAME;
    if (validate) {
        info.pNext = &messenger;
        info.enabledLayerCount = 1;
        info.ppEnabledLayerNames = &layer;
        info.enabledExtensionCount = 1;
        info.ppEnabledExtensionNames = &extension;
    }
    if (const VkResult result = api_.CreateInstance(&info, nullptr, &instance_); result != VK_SUCCESS)
        return vulkan_error("cannot begin with Vulkan", result);
    if (auto loaded = api_.load_instance(instance_); !loaded || !validate)
        return loaded;
    const auto create = reinterpret_cast<PFN_vkCreateDebugUtilsMessengerEXT>(
        api_.GetInstanceProcAddr(instance_, "vkCreateDebugUtilsMessengerEXT"));
    messenger.pNext = nullptr;
    if (!create || create(instance_, &messenger, nullptr, &messenger_) != VK_SUCCESS)
        return util::fail(ENOSYS, "the validation layer has no way to report");
    return {};
}

util::Result<void> Device::choose(const std::string& wanted) {
    std::uint32_t count = 0;
    VkResult result = api_.EnumeratePhysicalDevices(instance_, &count, nullptr);
    std::vector<VkPhysicalDevice> devices(count);
    if (result == VK_SUCCESS && count > 0)
        result = api_.EnumeratePhysicalDevices(instance_, &count, devices.data());
    if (result != VK_SUCCESS && result != VK_INCOMPLETE)
        return vulkan_error("cannot list Vulkan's devices", result);
    devices.resize(count);
    std::vector<DeviceInfo> infos;
    infos.reserve(devices.size());
    for (VkPhysicalDevice device : devices)
        infos.push_back(properties_of(api_, device).info);
    const auto index = choose_device(infos, wanted);
    if (!index)
        return std::unexpected(index.error());
    physical_ = devices[*index];
    const Properties properties = properties_of(api_, physical_);
    info_ = properties.info;
    if (properties.plain.apiVersion < api_version)
        return util::fail(ENOSYS, info_.name + " has not got Vulkan 1.1");
    const VkPhysicalDeviceLimits& limits = properties.plain.limits;
    longest_buffer_ = limits.maxStorageBufferRange;
    most_groups_ = std::min(limits.maxComputeWorkGroupCount[0], limits.maxComputeWorkGroupCount[1]);
    if (limits.maxComputeWorkGroupInvocations < invocations ||
        limits.maxComputeWorkGroupSize[0] < invocations)
        return util::fail(ENOSYS, info_.name + " has groups of too few invocations");
    return {};
}

util::Result<void> Device::find_queue_family() {
    std::uint32_t count = 0;
    api_.GetPhysicalDeviceQueueFamilyProperties(physical_, &count, nullptr);
    std::vector<VkQueueFamilyProperties> families(count);
    api_.GetPhysicalDeviceQueueFamilyProperties(physical_, &count, families.data());
    const auto found = std::ranges::find_if(families, [](const VkQueueFamilyProperties& family) {
        return family.queueCount > 0 && (family.queueFlags & VK_QUEUE_COMPUTE_BIT) != 0;
    });
    if (found == families.end())
        return util::fail(ENOSYS, info_.name + " does not compute");
    queue_family_ = static_cast<std::uint32_t>(found - families.begin());
    return {};
}

/// Which extensions there are, and that buffers of ours can be imported by them.
void Device::learn_sharing() {
    std::uint32_t count = 0;
    api_.EnumerateDeviceExtensionProperties(physical_, nullptr, &count, nullptr);
    std::vector<VkExtensionProperties> present(count);
    api_.EnumerateDeviceExtensionProperties(physical_, nullptr, &count, present.data());
    const auto has = [&](const char* name) {
        return std::ranges::any_of(present, [&](const VkExtensionProperties& extension) {
            return std::strcmp(extension.extensionName, name) == 0;
        });
    };
    const auto importable = [&](VkExternalMemoryHandleTypeFlagBits type) {
        VkPhysicalDeviceExternalBufferInfo buffer = {};
        buffer.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_BUFFER_INFO;
        buffer.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
        buffer.handleType = type;
        VkExternalBufferProperties properties = {};
        properties.sType = VK_STRUCTURE_TYPE_EXTERNAL_BUFFER_PROPERTIES;
        api_.GetPhysicalDeviceExternalBufferProperties(physical_, &buffer, &properties);
        return properties.externalMemoryProperties.externalMemoryFeatures;
    };
    if (has(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME) && has(VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME)) {
        const VkExternalMemoryFeatureFlags features =
            importable(VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT);
        sharing_.dma_buf = (features & VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) != 0;
        sharing_.dma_buf_dedicated = (features & VK_EXTERNAL_MEMORY_FEATURE_DEDICATED_ONLY_BIT) != 0;
    }
    if (sharing_.dma_buf) {
        extensions_.push_back(VK_KHR_EXTERNAL_MEMORY_FD_EXTENSION_NAME);
        extensions_.push_back(VK_EXT_EXTERNAL_MEMORY_DMA_BUF_EXTENSION_NAME);
        if (has(VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME)) {
            extensions_.push_back(VK_EXT_QUEUE_FAMILY_FOREIGN_EXTENSION_NAME);
            sharing_.foreign_family = VK_QUEUE_FAMILY_FOREIGN_EXT;
        }
    }
    if (has(VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME) &&
        (importable(VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT) &
         VK_EXTERNAL_MEMORY_FEATURE_IMPORTABLE_BIT) != 0) {
        extensions_.push_back(VK_EXT_EXTERNAL_MEMORY_HOST_EXTENSION_NAME);
        sharing_.host = true;
        VkPhysicalDeviceExternalMemoryHostPropertiesEXT host = {};
        host.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_EXTERNAL_MEMORY_HOST_PROPERTIES_EXT;
        VkPhysicalDeviceProperties2 all = {};
        all.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2;
        all.pNext = &host;
        api_.GetPhysicalDeviceProperties2(physical_, &all);
        sharing_.host_alignment = static_cast<std::size_t>(host.minImportedHostPointerAlignment);
    }
}

util::Result<void> Device::make_device() {
    constexpr float priority = 1.0F;
    VkDeviceQueueCreateInfo queue = {};
    queue.sType = VK_STRUCTURE_TYPE_DEVICE_QUEUE_CREATE_INFO;
    queue.queueFamilyIndex = queue_family_;
    queue.queueCount = 1;
    queue.pQueuePriorities = &priority;
    VkDeviceCreateInfo info = {};
    info.sType = VK_STRUCTURE_TYPE_DEVICE_CREATE_INFO;
    info.queueCreateInfoCount = 1;
    info.pQueueCreateInfos = &queue;
    info.enabledExtensionCount = static_cast<std::uint32_t>(extensions_.size());
    info.ppEnabledExtensionNames = extensions_.data();
    VkDevice made = VK_NULL_HANDLE;
    if (const VkResult result = api_.CreateDevice(physical_, &info, nullptr, &made); result != VK_SUCCESS)
        return vulkan_error("cannot open the GPU " + info_.name, result);
    if (auto loaded = api_.load_device(made); !loaded)
        return loaded; // without DestroyDevice there is no way to end it
    device_ = made;
    api_.GetDeviceQueue(device_, queue_family_, 0, &queue_);
    api_.GetPhysicalDeviceMemoryProperties(physical_, &memory_);
    sharing_.dma_buf = sharing_.dma_buf && api_.GetMemoryFdPropertiesKHR;
    sharing_.host = sharing_.host && api_.GetMemoryHostPointerPropertiesEXT;
    return {};
}

std::optional<std::uint32_t> Device::memory_type(std::uint32_t allowed, VkMemoryPropertyFlags flags) const {
    for (std::uint32_t type = 0; type < memory_.memoryTypeCount; type++)
        if ((allowed >> type & 1) != 0 && (memory_.memoryTypes[type].propertyFlags & flags) == flags)
            return type;
    return std::nullopt;
}

std::vector<std::string> Device::messages() const {
    const std::scoped_lock lock(mutex_);
    return messages_;
}

VkBool32 Device::on_message(VkDebugUtilsMessageSeverityFlagBitsEXT /*severity*/,
                            VkDebugUtilsMessageTypeFlagsEXT /*types*/,
                            const VkDebugUtilsMessengerCallbackDataEXT* data, void* user) {
    auto& device = *static_cast<Device*>(user);
    const std::scoped_lock lock(device.mutex_);
    device.messages_.emplace_back(data->pMessage ? data->pMessage : "");
    return VK_FALSE;
}

} // namespace daedalus::gpu
