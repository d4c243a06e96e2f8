// SPDX-License-Identifier: BSD-2-Clause
// One Vulkan device with one queue that computes.
#pragma once

#include "gpu/device_choice.h"
#include "gpu/vulkan_api.h"
#include "util/error.h"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace daedalus::gpu {

struct DeviceOptions {
    std::string wanted = {}; ///< see choose_device()
    /// Has the validation layer look at every call; what it says is kept in messages(). For tests: opening
    /// fails where the layer is not installed.
    bool validate = false;
    std::string library = "libvulkan.so.1";
};

/// How a device can use memory that is not its own.
struct Sharing {
    bool dma_buf = false;           ///< VK_EXT_external_memory_dma_buf, for buffers like ours
    bool dma_buf_dedicated = false; ///< an allocation must be for one buffer
    bool host = false;              ///< VK_EXT_external_memory_host
    std::size_t host_alignment = 1; ///< of addresses and sizes
    std::uint32_t foreign_family = VK_QUEUE_FAMILY_EXTERNAL; ///< who has a dma-buf when we don't
};

/// Owns instance, device and queue. Used by one thread, but for messages().
class Device {
  public:
    /// Opens the loader and the device that is wanted. The driver opens files and may start threads here, and
    /// nowhere else. ENOENT: no Vulkan. ENODEV: no such device. Other errors are the driver's.
    static util::Result<std::shared_ptr<Device>> open(const DeviceOptions& options);
    Device(const Device&) = delete;
    Device& operator=(const Device&) = delete;
    ~Device();

    [[nodiscard]] const VulkanApi& api() const { return api_; }
    /// For tests, which make functions fail.
    [[nodiscard]] VulkanApi& changeable_api() { return api_; }
    [[nodiscard]] VkDevice handle() const { return device_; }
    [[nodiscard]] VkQueue queue() const { return queue_; }
    [[nodiscard]] std::uint32_t queue_family() const { return queue_family_; }
    [[nodiscard]] const DeviceInfo& info() const { return info_; }
    [[nodiscard]] const Sharing& sharing() const { return sharing_; }
    /// For tests, which take abilities away.
    [[nodiscard]] Sharing& changeable_sharing() { return sharing_; }
    /// Bytes that a shader can see of one buffer.
    [[nodiscard]] std::size_t longest_buffer() const { return longest_buffer_; }
    [[nodiscard]] std::uint32_t most_groups() const { return most_groups_; }

    /// A memory type out of `allowed` (a bit each) with all of `flags`.
    [[nodiscard]] std::optional<std::uint32_t> memory_type(std::uint32_t allowed,
                                                           VkMemoryPropertyFlags flags) const;

    /// The GPU does not answer: what it was given must not be taken away. The device is left open.
    void abandon() { abandoned_ = true; }
    [[nodiscard]] bool abandoned() const { return abandoned_; }

    /// What the validation layer has complained of.
    [[nodiscard]] std::vector<std::string> messages() const;

  private:
    Device() = default;
    util::Result<void> make_instance(bool validate);
    util::Result<void> choose(const std::string& wanted);
    util::Result<void> find_queue_family();
    void learn_sharing();
    util::Result<void> make_device();
    static VKAPI_ATTR VkBool32 VKAPI_CALL on_message(VkDebugUtilsMessageSeverityFlagBitsEXT severity,
                                                     VkDebugUtilsMessageTypeFlagsEXT types,
                                                     const VkDebugUtilsMessengerCallbackDataEXT* data,
                                                     void* user);

    VulkanApi api_;
    VkInstance instance_ = VK_NULL_HANDLE;
    VkDebugUtilsMessengerEXT messenger_ = VK_NULL_HANDLE;
    VkPhysicalDevice physical_ = VK_NULL_HANDLE;
    VkDevice device_ = VK_NULL_HANDLE;
    VkQueue queue_ = VK_NULL_HANDLE;
    std::uint32_t queue_family_ = 0;
    DeviceInfo info_;
    Sharing sharing_;
    std::vector<const char*> extensions_;
    std::size_t longest_buffer_ = 0;
    std::uint32_t most_groups_ = 0;
    bool abandoned_ = false;
    VkPhysicalDeviceMemoryProperties memory_ = {};
    mutable std::mutex mutex_; ///< of messages_: layers call from any thread
    std::vector<std::string> messages_;
};

} // namespace daedalus::gpu
