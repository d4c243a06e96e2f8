// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/pass.h"

#include "shaders/pack_spirv.h"

#include <algorithm>
#include <utility>

namespace daedalus::gpu {
namespace {

/// Whole words everywhere: the shader need not look for each byte.
bool is_aligned(const Geometry& geometry) {
    const auto whole = [](std::uint32_t bytes) { return bytes % 4 == 0; };
    return std::ranges::all_of(geometry.from, whole) && std::ranges::all_of(geometry.from_stride, whole) &&
           std::ranges::all_of(geometry.to, whole) && std::ranges::all_of(geometry.to_stride, whole);
}

struct Groups {
    std::uint64_t x;
    std::uint64_t y;
};

Groups groups_for(const Geometry& geometry) {
    constexpr std::uint64_t word = 4;
    const auto groups = [](std::uint64_t words) { return (words + invocations - 1) / invocations; };
    if (is_aligned(geometry)) {
        const std::uint64_t longest = std::max(geometry.line_bytes[0], geometry.line_bytes[1]);
        return {groups((longest + word - 1) / word), std::uint64_t{geometry.lines[0]} + geometry.lines[1]};
    }
    constexpr std::uint64_t row = 1024;
    const std::uint64_t all = groups((geometry.end() + word - 1) / word - geometry.to[0] / word);
    return {std::min(all, row), (all + row - 1) / row};
}

} // namespace

util::Result<std::unique_ptr<Pass>> Pass::make(std::shared_ptr<Device> device) {
    std::unique_ptr<Pass> pass(new Pass(std::move(device)));
    for (const auto step : {&Pass::make_layouts, &Pass::make_pipelines, &Pass::make_commands})
        if (auto made = (*pass.*step)(); !made)
            return std::unexpected(std::move(made.error()));
    return pass;
}

Pass::~Pass() {
    if (device_->abandoned())
        return;
    const VulkanApi& api = device_->api();
    VkDevice device = device_->handle();
    // Each of these takes null for nothing.
    api.DestroyFence(device, fence_, nullptr);
    api.DestroyCommandPool(device, command_pool_, nullptr);
    api.DestroyDescriptorPool(device, descriptor_pool_, nullptr);
    for (VkPipeline pipeline : pipelines_)
        api.DestroyPipeline(device, pipeline, nullptr);
    api.DestroyPipelineLayout(device, layout_, nullptr);
    api.DestroyDescriptorSetLayout(device, set_layout_, nullptr);
}

util::Result<void> Pass::make_layouts() {
    const VulkanApi& api = device_->api();
    std::array<VkDescriptorSetLayoutBinding, 2> bindings = {};
    for (std::uint32_t i = 0; i < bindings.size(); i++)
        bindings[i] = {.binding = i,
                       .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
                       .descriptorCount = 1,
                       .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
                       .pImmutableSamplers = nullptr};
    VkDescriptorSetLayoutCreateInfo set = {};
    set.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_LAYOUT_CREATE_INFO;
    set.bindingCount = bindings.size();
    set.pBindings = bindings.data();
    VkResult result = api.CreateDescriptorSetLayout(device_->handle(), &set, nullptr, &set_layout_);
    if (result != VK_SUCCESS)
        return vulkan_error("cannot describe buffers", result);
    const VkPushConstantRange constants = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(Geometry)};
    VkPipelineLayoutCreateInfo layout = {};
    layout.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO;
    layout.setLayoutCount = 1;
    layout.pSetLayouts = &set_layout_;
    layout.pushConstantRangeCount = 1;
    layout.pPushConstantRanges = &constants;
    result = api.CreatePipelineLayout(device_->handle(), &layout, nullptr, &layout_);
    if (result != VK_SUCCESS)
        return vulkan_error("cannot describe a pass", result);

    const VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_STORAGE_BUFFER, bindings.size()};
    VkDescriptorPoolCreateInfo pool = {};
    pool.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    pool.maxSets = 1;
    pool.poolSizeCount = 1;
    pool.pPoolSizes = &size;
    result = api.CreateDescriptorPool(device_->handle(), &pool, nullptr, &descriptor_pool_);
    if (result != VK_SUCCESS)
        return vulkan_error("cannot describe buffers", result);
    VkDescriptorSetAllocateInfo allocate = {};
    allocate.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_SET_ALLOCATE_INFO;
    allocate.descriptorPool = descriptor_pool_;
    allocate.descriptorSetCount = 1;
    allocate.pSetLayouts = &set_layout_;
    result = api.AllocateDescriptorSets(device_->handle(), &allocate, &set_);
    if (result != VK_SUCCESS)
        return vulkan_error("cannot describe buffers", result);
    return {};
}

util::Result<void> Pass::make_pipelines() {
    const VulkanApi& api = device_->api();
    VkShaderModuleCreateInfo code = {};
    code.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO;
    code.codeSize = sizeof(pack_spirv);
    code.pCode = pack_spirv;
    VkShaderModule module = VK_NULL_HANDLE;
    VkResult result = api.CreateShaderModule(device_->handle(), &code, nullptr, &module);
    if (result != VK_SUCCESS)
        return vulkan_error("the GPU does not take the shader", result);
    // Booleans are words: what the shader knows as constants 0 and 1.
    constexpr std::array<VkSpecializationMapEntry, 2> entries = {
        {{0, 0, sizeof(VkBool32)}, {1, sizeof(VkBool32), sizeof(VkBool32)}}};
    for (std::size_t i = 0; i < pipelines_.size() && result == VK_SUCCESS; i++) {
        const std::array<VkBool32, 2> values = {static_cast<VkBool32>(i >> 1), static_cast<VkBool32>(i & 1)};
        const VkSpecializationInfo constants = {entries.size(), entries.data(), sizeof(values),
                                                values.data()};
        VkComputePipelineCreateInfo info = {};
        info.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO;
        info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
        info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT;
        info.stage.module = module;
        info.stage.pName = "main";
        info.stage.pSpecializationInfo = &constants;
        info.layout = layout_;
        result =
            api.CreateComputePipelines(device_->handle(), VK_NULL_HANDLE, 1, &info, nullptr, &pipelines_[i]);
    }
    api.DestroyShaderModule(device_->handle(), module, nullptr);
    if (result != VK_SUCCESS)
        return vulkan_error("the GPU does not compile the shader", result);
    return {};
}

util::Result<void> Pass::make_commands() {
    const VulkanApi& api = device_->api();
    VkCommandPoolCreateInfo pool = {};
    pool.sType = VK_STRUCTURE_TYPE_COMMAND_POOL_CREATE_INFO;
    pool.flags = VK_COMMAND_POOL_CREATE_RESET_COMMAND_BUFFER_BIT;
    pool.queueFamilyIndex = device_->queue_family();
    VkResult result = api.CreateCommandPool(device_->handle(), &pool, nullptr, &command_pool_);
    if (result == VK_SUCCESS) {
        VkCommandBufferAllocateInfo allocate = {};
        allocate.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_ALLOCATE_INFO;
        allocate.commandPool = command_pool_;
        allocate.level = VK_COMMAND_BUFFER_LEVEL_PRIMARY;
        allocate.commandBufferCount = 1;
        result = api.AllocateCommandBuffers(device_->handle(), &allocate, &commands_);
    }
    if (result == VK_SUCCESS) {
        VkFenceCreateInfo fence = {};
        fence.sType = VK_STRUCTURE_TYPE_FENCE_CREATE_INFO;
        result = api.CreateFence(device_->handle(), &fence, nullptr, &fence_);
    }
    if (result != VK_SUCCESS)
        return vulkan_error("cannot make the GPU's commands", result);
    return {};
}

bool Pass::fits(const Geometry& geometry) const {
    const Groups groups = groups_for(geometry);
    return std::max(groups.x, groups.y) <= device_->most_groups();
}

void Pass::bind(const Buffer& source, const Buffer& target) {
    const std::array<VkDescriptorBufferInfo, 2> buffers = {
        {{source.handle(), 0, VK_WHOLE_SIZE}, {target.handle(), 0, VK_WHOLE_SIZE}}};
    VkWriteDescriptorSet write = {};
    write.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET;
    write.dstSet = set_;
    write.descriptorCount = buffers.size(); // goes on to the second binding
    write.descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER;
    write.pBufferInfo = buffers.data();
    device_->api().UpdateDescriptorSets(device_->handle(), 1, &write, 0, nullptr);
}

void Pass::barrier(const Buffer& buffer, const Side& before, const Side& behind) const {
    VkBufferMemoryBarrier barrier = {};
    barrier.sType = VK_STRUCTURE_TYPE_BUFFER_MEMORY_BARRIER;
    barrier.srcAccessMask = before.access;
    barrier.dstAccessMask = behind.access;
    barrier.srcQueueFamilyIndex = before.family;
    barrier.dstQueueFamilyIndex = behind.family;
    barrier.buffer = buffer.handle();
    barrier.size = VK_WHOLE_SIZE;
    device_->api().CmdPipelineBarrier(commands_, before.stage, behind.stage, 0, 0, nullptr, 1, &barrier, 0,
                                      nullptr);
}

/// A dma-buf is somebody else's between two passes.
void Pass::acquire(const Buffer& buffer, VkAccessFlags access) const {
    if (buffer.foreign())
        barrier(buffer,
                {.stage = VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, .family = device_->sharing().foreign_family},
                {.stage = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                 .access = access,
                 .family = device_->queue_family()});
}

void Pass::release(const Buffer& buffer, VkAccessFlags access) const {
    if (buffer.foreign())
        barrier(buffer,
                {.stage = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                 .access = access,
                 .family = device_->queue_family()},
                {.stage = VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, .family = device_->sharing().foreign_family});
    else if ((access & VK_ACCESS_SHADER_WRITE_BIT) != 0) // so that the CPU sees it
        barrier(buffer, {.stage = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, .access = access},
                {.stage = VK_PIPELINE_STAGE_HOST_BIT, .access = VK_ACCESS_HOST_READ_BIT});
}

VkResult Pass::record(const Buffer& source, const Buffer& target, const Geometry& geometry, bool wide) {
    const VulkanApi& api = device_->api();
    VkCommandBufferBeginInfo begin = {};
    begin.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO;
    begin.flags = VK_COMMAND_BUFFER_USAGE_ONE_TIME_SUBMIT_BIT;
    if (const VkResult result = api.BeginCommandBuffer(commands_, &begin); result != VK_SUCCESS)
        return result;
    constexpr VkAccessFlags read = VK_ACCESS_SHADER_READ_BIT;
    constexpr VkAccessFlags read_and_write = read | VK_ACCESS_SHADER_WRITE_BIT;
    acquire(source, read);
    acquire(target, read_and_write);
    const std::size_t pipeline = (wide ? 2U : 0U) + (is_aligned(geometry) ? 1U : 0U);
    api.CmdBindPipeline(commands_, VK_PIPELINE_BIND_POINT_COMPUTE, pipelines_[pipeline]);
    api.CmdBindDescriptorSets(commands_, VK_PIPELINE_BIND_POINT_COMPUTE, layout_, 0, 1, &set_, 0, nullptr);
    api.CmdPushConstants(commands_, layout_, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(geometry), &geometry);
    const Groups groups = groups_for(geometry);
    api.CmdDispatch(commands_, static_cast<std::uint32_t>(groups.x), static_cast<std::uint32_t>(groups.y), 1);
    release(source, read);
    release(target, read_and_write);
    return api.EndCommandBuffer(commands_);
}

util::Result<void> Pass::run(const Buffer& source, const Buffer& target, const Geometry& geometry,
                             bool wide) {
    const VulkanApi& api = device_->api();
    bind(source, target);
    if (const VkResult result = record(source, target, geometry, wide); result != VK_SUCCESS)
        return vulkan_error("cannot tell the GPU what to do", result);
    VkSubmitInfo submit = {};
    submit.sType = VK_STRUCTURE_TYPE_SUBMIT_INFO;
    submit.commandBufferCount = 1;
    submit.pCommandBuffers = &commands_;
    if (const VkResult result = api.QueueSubmit(device_->queue(), 1, &submit, fence_); result != VK_SUCCESS)
        return vulkan_error("the GPU takes no work", result);
    return wait();
}

util::Result<void> Pass::wait() {
    const VulkanApi& api = device_->api();
    const auto begun = std::chrono::steady_clock::now();
    const auto longest = std::chrono::duration_cast<std::chrono::nanoseconds>(patience_).count();
    VkResult result =
        api.WaitForFences(device_->handle(), 1, &fence_, VK_TRUE, static_cast<std::uint64_t>(longest));
    if (result != VK_SUCCESS && result != VK_ERROR_DEVICE_LOST) {
        device_->abandon();
        return util::fail(ETIMEDOUT, result == VK_TIMEOUT
                                         ? "the GPU does not answer"
                                         : vulkan_error("cannot wait for the GPU", result).error().message);
    }
    if (result == VK_SUCCESS && std::chrono::steady_clock::now() - begun > patience_ * 2 / 3)
        return util::fail(ENODEV, "the GPU took so long for a picture that its driver may have given up");
    if (result == VK_SUCCESS)
        result = api.ResetFences(device_->handle(), 1, &fence_);
    if (result != VK_SUCCESS)
        return vulkan_error("the GPU has not finished a picture", result);
    return {};
}

} // namespace daedalus::gpu
