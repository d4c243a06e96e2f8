// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/measurement.h"

#include "pixels/picture_writer.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <ctime>
#include <optional>
#include <vector>

namespace daedalus::gpu {
namespace {

constexpr double worth_it = 0.8;

double milliseconds(clockid_t clock) {
    timespec now = {};
    clock_gettime(clock, &now);
    return (static_cast<double>(now.tv_sec) * 1e3) + (static_cast<double>(now.tv_nsec) / 1e6);
}

class Costs {
  public:
    void begin() { begun_ = {milliseconds(CLOCK_PROCESS_CPUTIME_ID), milliseconds(CLOCK_MONOTONIC)}; }
    void end() {
        processor_.push_back(milliseconds(CLOCK_PROCESS_CPUTIME_ID) - begun_.processor);
        wall_.push_back(milliseconds(CLOCK_MONOTONIC) - begun_.wall);
    }
    [[nodiscard]] Cost median() { return {middle(processor_), middle(wall_)}; }

  private:
    static double middle(std::vector<double>& values) {
        const auto at = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
        std::ranges::nth_element(values, at);
        return *at;
    }

    Cost begun_;
    std::vector<double> processor_;
    std::vector<double> wall_;
};

daedalus_picture_layout layout_of(const Trial& trial) {
    daedalus_picture_layout layout = {};
    layout.pixelformat = trial.wide ? V4L2_PIX_FMT_P010 : V4L2_PIX_FMT_NV12;
    layout.width = trial.width;
    layout.height = trial.height;
    layout.bytesperline = (trial.width + 63) / 64 * 64 * (trial.wide ? 2 : 1);
    layout.planes = 1;
    layout.sizeimage[0] = layout.bytesperline * (trial.height + ((trial.height + 1) / 2));
    return layout;
}

/// In the block, one plane behind the other.
decoder::Picture picture_in(std::span<std::uint8_t> block, const Trial& trial) {
    decoder::Picture picture;
    picture.format = trial.wide ? decoder::SampleFormat::yuv420_10 : decoder::SampleFormat::yuv420_8;
    picture.width = trial.width;
    picture.height = trial.height;
    const std::size_t sample = trial.wide ? 2 : 1;
    std::size_t offset = 0;
    for (std::size_t plane = 0; plane < 3; plane++) {
        const std::size_t across = plane == 0 ? trial.width : (trial.width + 1) / 2;
        const std::size_t stride = ((across * sample) + 63) / 64 * 64;
        picture.planes[plane] = block.data() + offset;
        picture.strides[plane] = static_cast<std::ptrdiff_t>(stride);
        offset += stride * (plane == 0 ? trial.height : (trial.height + 1) / 2);
    }
    for (std::size_t i = 0; i < offset; i++)
        block[i] = static_cast<std::uint8_t>(trial.wide && i % 2 == 1 ? i % 3 : i * 7);
    return picture;
}

/// Where pictures lie in the trial: a block if there can be one, else plain memory.
struct Memory {
    std::shared_ptr<SourceBlocks> blocks;
    std::vector<std::uint8_t> plain;
    std::span<std::uint8_t> source;
};

Memory source_memory(Converter& converter, const Trial& trial) {
    Memory memory;
    const BlockPlan plan = plan_blocks(trial.width, trial.height, trial.wide ? 2 : 1);
    if (auto made = converter.make_blocks({.bytes = plan.bytes, .count = 1}); made) {
        memory.blocks = *made;
        memory.source = {memory.blocks->take(plan.bytes), plan.bytes};
    } else {
        memory.plain.resize(plan.bytes);
        memory.source = memory.plain;
    }
    return memory;
}

} // namespace

util::Result<Comparison> compare(Converter& converter, const Trial& trial) {
    const auto layout = pixels::BufferLayout::from(layout_of(trial));
    if (!layout)
        return std::unexpected(layout.error());
    const Memory memory = source_memory(converter, trial);
    const decoder::Picture picture = picture_in(memory.source, trial);
    const std::size_t bytes = layout_of(trial).sizeimage[0];
    std::vector<std::uint8_t> plain;
    std::optional<SharedMemory> shared;
    if (auto made = SharedMemory::make(converter.device(), converter.heap(), bytes); made)
        shared.emplace(std::move(*made));
    else
        plain.resize(bytes);
    const std::span<std::uint8_t> buffer = shared ? shared->bytes().first(bytes) : std::span(plain);
    const auto target = converter.make_target(shared ? shared->bytes() : std::span(plain),
                                              shared ? shared->duplicate() : util::UniqueFd());
    if (!target)
        return std::unexpected(target.error());

    Costs cpu, gpu;
    for (unsigned round = 0; round < std::max(trial.rounds, 1U); round++) {
        cpu.begin();
        const auto by_cpu = pixels::write_picture(picture, *layout, {buffer});
        cpu.end();
        gpu.begin();
        const auto by_gpu = converter.write(picture, *layout, buffer, **target);
        gpu.end();
        if (!by_cpu)
            return std::unexpected(by_cpu.error());
        if (!by_gpu)
            return std::unexpected(by_gpu.error());
        if (!*by_gpu)
            return util::fail(ENOTSUP, "the GPU can't reach the picture");
    }
    return Comparison{
        .cpu = cpu.median(), .gpu = gpu.median(), .copied = !memory.blocks || (*target)->staged()};
}

bool pays(const Comparison& comparison) {
    return comparison.gpu.processor <= comparison.cpu.processor * worth_it &&
           comparison.gpu.wall <= comparison.cpu.wall;
}

} // namespace daedalus::gpu
