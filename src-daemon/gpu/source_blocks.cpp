// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/source_blocks.h"

#include <algorithm>

namespace daedalus::gpu {
namespace {

constexpr std::size_t most_bytes = std::size_t{128} << 20;
constexpr std::size_t most_blocks = 20; // 16 references and some threads

constexpr std::size_t round_up(std::size_t value, std::size_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

bool contains(std::span<const std::uint8_t> bytes, const std::uint8_t* address) {
    return address >= bytes.data() && address < bytes.data() + bytes.size();
}

} // namespace

BlockPlan plan_blocks(std::uint32_t coded_width, std::uint32_t coded_height, std::size_t bytes_per_sample) {
    if (coded_width == 0 || coded_height == 0)
        return {};
    // Whole superblocks, and the lines and bytes that SIMD code reads beyond them.
    const std::size_t width = round_up(coded_width, 128) + 128, height = round_up(coded_height, 128) + 32;
    const std::size_t bytes = round_up(width * height * 3 / 2 * bytes_per_sample, 4096);
    return {.bytes = bytes, .count = std::min(most_blocks, most_bytes / bytes)};
}

util::Result<std::shared_ptr<SourceBlocks>> SourceBlocks::make(const std::shared_ptr<Device>& device,
                                                               const DmaHeap* heap, const BlockPlan& plan) {
    std::shared_ptr<SourceBlocks> blocks(new SourceBlocks);
    blocks->blocks_.reserve(plan.count);
    for (std::size_t i = 0; i < plan.count; i++) {
        auto memory = SharedMemory::make(device, heap, plan.bytes);
        if (!memory)
            return std::unexpected(std::move(memory.error()));
        blocks->blocks_.push_back({.memory = std::move(*memory)});
    }
    return blocks;
}

std::uint8_t* SourceBlocks::take(std::size_t bytes) {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find_if(
        blocks_, [&](const Block& block) { return !block.used && block.memory.bytes().size() >= bytes; });
    if (found == blocks_.end())
        return nullptr;
    found->used = true;
    return found->memory.bytes().data();
}

bool SourceBlocks::give_back(const std::uint8_t* block) {
    const std::scoped_lock lock(mutex_);
    const auto found = std::ranges::find_if(
        blocks_, [&](const Block& entry) { return entry.memory.bytes().data() == block; });
    if (found == blocks_.end())
        return false;
    found->used = false;
    return true;
}

const SharedMemory* SourceBlocks::find(const std::uint8_t* address) const {
    const auto found = std::ranges::find_if(
        blocks_, [&](const Block& block) { return contains(block.memory.bytes(), address); });
    return found == blocks_.end() ? nullptr : &found->memory;
}

} // namespace daedalus::gpu
