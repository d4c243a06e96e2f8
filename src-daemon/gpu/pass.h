// SPDX-License-Identifier: BSD-2-Clause
// The shader, and what it takes to run it once a picture.
#pragma once

#include "gpu/buffer.h"
#include "gpu/device.h"
#include "util/error.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>

namespace daedalus::gpu {

/// Of a group, as shaders/pack.comp has it; every device has room for 128.
inline constexpr std::uint32_t invocations = 64;

/// Where the samples are, in bytes. The shader's push constants, member for member.
struct Geometry {
    std::array<std::uint32_t, 3> from = {}; ///< where the samples of Y, U and V begin in the source
    std::array<std::uint32_t, 3> from_stride = {};
    std::array<std::uint32_t, 2> to = {}; ///< where those of Y and UV begin in the target, Y first
    std::array<std::uint32_t, 2> to_stride = {};
    std::array<std::uint32_t, 2> line_bytes = {}; ///< that samples fill, at least one sample
    std::array<std::uint32_t, 2> lines = {};      ///< at least one

    /// The first byte of the target behind all samples.
    [[nodiscard]] std::uint64_t end() const {
        return to[1] + (std::uint64_t{lines[1]} - 1) * to_stride[1] + line_bytes[1];
    }
};
static_assert(sizeof(Geometry) == 14 * sizeof(std::uint32_t));

/// Makes everything once. A run records, submits and waits, and allocates nothing.
class Pass {
  public:
    /// How long the GPU may take, unless told. Kernel drivers give up on it sooner, and then not all say that
    /// the device is lost: v3d's fences are signalled as if the work was done. So what takes longer than two
    /// thirds of this counts as lost.
    static constexpr std::chrono::milliseconds usual_patience{600};

    static util::Result<std::unique_ptr<Pass>> make(std::shared_ptr<Device> device);
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;
    ~Pass();

    /// Packs samples of 8 bits, or of 10 in 16 (`wide`), from `source` to `target`, both of which hold all
    /// that the geometry names, and waits until it is done. ENODEV: the device is lost, and writes nothing
    /// any more. ETIMEDOUT: nobody knows when it is done, and it may yet write; nothing but to end this
    /// process is left. Whatever else: it was not begun.
    [[nodiscard]] util::Result<void> run(const Buffer& source, const Buffer& target, const Geometry& geometry,
                                         bool wide);

    void set_patience(std::chrono::milliseconds patience) { patience_ = patience; }

    /// Whether the device has room for it.
    [[nodiscard]] bool fits(const Geometry& geometry) const;

  private:
    /// Of a barrier: who has used a buffer before it, or will behind it.
    struct Side {
        VkPipelineStageFlags stage = 0;
        VkAccessFlags access = 0;
        std::uint32_t family = VK_QUEUE_FAMILY_IGNORED;
    };

    explicit Pass(std::shared_ptr<Device> device) : device_(std::move(device)) {}
    util::Result<void> make_layouts();
    util::Result<void> make_pipelines();
    util::Result<void> make_commands();
    util::Result<void> wait();
    void bind(const Buffer& source, const Buffer& target);
    VkResult record(const Buffer& source, const Buffer& target, const Geometry& geometry, bool wide);
    void barrier(const Buffer& buffer, const Side& before, const Side& behind) const;
    void acquire(const Buffer& buffer, VkAccessFlags access) const;
    void release(const Buffer& buffer, VkAccessFlags access) const;

    std::shared_ptr<Device> device_;
    VkDescriptorSetLayout set_layout_ = VK_NULL_HANDLE;
    VkPipelineLayout layout_ = VK_NULL_HANDLE;
    std::array<VkPipeline, 4> pipelines_ = {}; ///< by whether wide, and whether aligned
    VkDescriptorPool descriptor_pool_ = VK_NULL_HANDLE;
    VkDescriptorSet set_ = VK_NULL_HANDLE;
    VkCommandPool command_pool_ = VK_NULL_HANDLE;
    VkCommandBuffer commands_ = VK_NULL_HANDLE;
    VkFence fence_ = VK_NULL_HANDLE;
    std::chrono::milliseconds patience_ = usual_patience;
};

} // namespace daedalus::gpu
