// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/buffer.h"

#include <linux/dma-buf.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <utility>

namespace daedalus::gpu {
namespace {

constexpr VkMemoryPropertyFlags coherent =
    VK_MEMORY_PROPERTY_HOST_VISIBLE_BIT | VK_MEMORY_PROPERTY_HOST_COHERENT_BIT;

/// Shaders see whole words.
constexpr std::size_t whole_words(std::size_t bytes) {
    return (bytes + 3) / 4 * 4;
}

/// Drivers may take any file for one, and see other bytes than its mapping has. No access is begun: neither
/// reading nor writing is what dma-bufs refuse, and other files do not know the question.
bool is_dma_buf(int fd) {
    dma_buf_sync nothing = {};
    return fd >= 0 && (ioctl(fd, DMA_BUF_IOCTL_SYNC, &nothing) == 0 || errno == EINVAL);
}

VkExternalMemoryBufferCreateInfo external(VkExternalMemoryHandleTypeFlagBits type) {
    VkExternalMemoryBufferCreateInfo info = {};
    info.sType = VK_STRUCTURE_TYPE_EXTERNAL_MEMORY_BUFFER_CREATE_INFO;
    info.handleTypes = type;
    return info;
}

} // namespace

Buffer& Buffer::operator=(Buffer&& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(buffer_, other.buffer_);
    std::swap(memory_, other.memory_);
    std::swap(size_, other.size_);
    std::swap(bytes_, other.bytes_);
    std::swap(foreign_, other.foreign_);
    return *this;
}

Buffer::~Buffer() {
    if (!device_ || device_->abandoned())
        return;
    if (buffer_ != VK_NULL_HANDLE)
        device_->api().DestroyBuffer(device_->handle(), buffer_, nullptr);
    if (memory_ != VK_NULL_HANDLE)
        device_->api().FreeMemory(device_->handle(), memory_, nullptr);
}

util::Result<void> Buffer::create(const std::shared_ptr<Device>& device, std::size_t bytes,
                                  const void* next) {
    if (bytes == 0 || bytes > device->longest_buffer())
        return util::fail(E2BIG, "shaders of " + device->info().name + " see no " + std::to_string(bytes) +
                                     " bytes of a buffer");
    device_ = device;
    size_ = bytes;
    VkBufferCreateInfo info = {};
    info.sType = VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO;
    info.pNext = next;
    info.size = bytes;
    info.usage = VK_BUFFER_USAGE_STORAGE_BUFFER_BIT;
    info.sharingMode = VK_SHARING_MODE_EXCLUSIVE;
    if (const VkResult result = device->api().CreateBuffer(device->handle(), &info, nullptr, &buffer_);
        result != VK_SUCCESS)
        return vulkan_error("cannot make a buffer", result);
    return {};
}

VkMemoryRequirements Buffer::requirements() const {
    VkMemoryRequirements needs = {};
    device_->api().GetBufferMemoryRequirements(device_->handle(), buffer_, &needs);
    return needs;
}

util::Result<void> Buffer::allocate(std::uint32_t allowed, VkMemoryPropertyFlags flags, std::size_t bytes,
                                    const void* next) {
    const auto type = device_->memory_type(allowed, flags);
    if (!type)
        return util::fail(EOPNOTSUPP, device_->info().name + " has no memory of the kind");
    VkMemoryAllocateInfo info = {};
    info.sType = VK_STRUCTURE_TYPE_MEMORY_ALLOCATE_INFO;
    info.pNext = next;
    info.allocationSize = bytes;
    info.memoryTypeIndex = *type;
    VkResult result = device_->api().AllocateMemory(device_->handle(), &info, nullptr, &memory_);
    if (result == VK_SUCCESS)
        result = device_->api().BindBufferMemory(device_->handle(), buffer_, memory_, 0);
    if (result != VK_SUCCESS)
        return vulkan_error("no memory for a buffer", result);
    return {};
}

util::Result<Buffer> Buffer::make(const std::shared_ptr<Device>& device, std::size_t bytes, bool read_back) {
    Buffer buffer;
    if (auto created = buffer.create(device, whole_words(bytes), nullptr); !created)
        return std::unexpected(std::move(created.error()));
    const VkMemoryRequirements needs = buffer.requirements();
    const VkMemoryPropertyFlags cached = coherent | VK_MEMORY_PROPERTY_HOST_CACHED_BIT;
    const bool has_cached = device->memory_type(needs.memoryTypeBits, cached).has_value();
    if (auto allocated = buffer.allocate(needs.memoryTypeBits, read_back && has_cached ? cached : coherent,
                                         static_cast<std::size_t>(needs.size), nullptr);
        !allocated)
        return std::unexpected(std::move(allocated.error()));
    void* address = nullptr;
    if (const VkResult result =
            device->api().MapMemory(device->handle(), buffer.memory_, 0, VK_WHOLE_SIZE, 0, &address);
        result != VK_SUCCESS)
        return vulkan_error("cannot map a buffer", result);
    buffer.bytes_ = {static_cast<std::uint8_t*>(address), bytes};
    return buffer;
}

util::Result<Buffer> Buffer::import_dma_buf(const std::shared_ptr<Device>& device, util::UniqueFd fd,
                                            std::size_t bytes) {
    if (!device->sharing().dma_buf)
        return util::fail(ENOSYS, device->info().name + " imports no dma-bufs");
    if (!is_dma_buf(fd.get()))
        return util::fail(EBADF, "this memory is no dma-buf");
    constexpr auto type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_DMA_BUF_BIT_EXT;
    const VkExternalMemoryBufferCreateInfo kind = external(type);
    Buffer buffer;
    if (auto created = buffer.create(device, bytes, &kind); !created)
        return std::unexpected(std::move(created.error()));
    VkMemoryFdPropertiesKHR properties = {};
    properties.sType = VK_STRUCTURE_TYPE_MEMORY_FD_PROPERTIES_KHR;
    if (const VkResult result =
            device->api().GetMemoryFdPropertiesKHR(device->handle(), type, fd.get(), &properties);
        result != VK_SUCCESS)
        return vulkan_error("the GPU does not take the dma-buf", result);
    const VkMemoryRequirements needs = buffer.requirements();
    if (needs.size > bytes)
        return util::fail(EINVAL, "the GPU wants a larger dma-buf");
    VkMemoryDedicatedAllocateInfo dedicated = {};
    dedicated.sType = VK_STRUCTURE_TYPE_MEMORY_DEDICATED_ALLOCATE_INFO;
    dedicated.buffer = buffer.buffer_;
    VkImportMemoryFdInfoKHR import = {};
    import.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_FD_INFO_KHR;
    import.pNext = device->sharing().dma_buf_dedicated ? &dedicated : nullptr;
    import.handleType = type;
    import.fd = fd.get();
    auto allocated = buffer.allocate(needs.memoryTypeBits & properties.memoryTypeBits, 0, bytes, &import);
    if (buffer.memory_ != VK_NULL_HANDLE)
        (void)fd.release(); // the driver's now
    if (!allocated)
        return std::unexpected(std::move(allocated.error()));
    buffer.foreign_ = true;
    return buffer;
}

util::Result<Buffer> Buffer::import_host(const std::shared_ptr<Device>& device,
                                         std::span<std::uint8_t> memory) {
    const Sharing& sharing = device->sharing();
    if (!sharing.host)
        return util::fail(ENOSYS, device->info().name + " reads no memory of processes");
    if (reinterpret_cast<std::uintptr_t>(memory.data()) % sharing.host_alignment != 0 ||
        memory.size() % sharing.host_alignment != 0)
        return util::fail(EINVAL, "the GPU takes memory in pieces of " +
                                      std::to_string(sharing.host_alignment) + " bytes");
    constexpr auto type = VK_EXTERNAL_MEMORY_HANDLE_TYPE_HOST_ALLOCATION_BIT_EXT;
    const VkExternalMemoryBufferCreateInfo kind = external(type);
    Buffer buffer;
    if (auto created = buffer.create(device, memory.size(), &kind); !created)
        return std::unexpected(std::move(created.error()));
    VkMemoryHostPointerPropertiesEXT properties = {};
    properties.sType = VK_STRUCTURE_TYPE_MEMORY_HOST_POINTER_PROPERTIES_EXT;
    if (const VkResult result = device->api().GetMemoryHostPointerPropertiesEXT(device->handle(), type,
                                                                                memory.data(), &properties);
        result != VK_SUCCESS)
        return vulkan_error("the GPU does not take the memory", result);
    const VkMemoryRequirements needs = buffer.requirements();
    if (needs.size > memory.size())
        return util::fail(EINVAL, "the GPU wants more memory");
    VkImportMemoryHostPointerInfoEXT import = {};
    import.sType = VK_STRUCTURE_TYPE_IMPORT_MEMORY_HOST_POINTER_INFO_EXT;
    import.handleType = type;
    import.pHostPointer = memory.data();
    if (auto allocated = buffer.allocate(needs.memoryTypeBits & properties.memoryTypeBits, coherent,
                                         memory.size(), &import);
        !allocated)
        return std::unexpected(std::move(allocated.error()));
    return buffer;
}

} // namespace daedalus::gpu
