// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/frame_pool.h"

#include "util/recycled_memory.h"

#include <algorithm>
#include <cstdlib>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

namespace daedalus::decoder {
namespace {

std::size_t round_up(std::size_t value, std::size_t alignment) {
    return (value + alignment - 1) / alignment * alignment;
}

/// Sets planes, strides and size as offsets from a null base.
FrameMemory lay_out(const FrameShape& shape, std::array<std::size_t, 3>& offsets) {
    FrameMemory memory;
    const std::size_t planes = has_chroma(shape.format) ? 3 : 1;
    std::size_t size = 0;
    for (std::size_t plane = 0; plane < planes; plane++) {
        const std::size_t wanted = shape.strides[plane == 0 ? 0 : 1];
        const std::size_t stride = wanted != 0 ? wanted : shape.tightest_stride(plane);
        memory.strides[plane] = static_cast<std::ptrdiff_t>(stride);
        offsets[plane] = size;
        size += round_up(stride * shape.lines(plane) + overread, shape.stride_alignment);
    }
    memory.size = size;
    return memory;
}

void fill_grey(const FrameMemory& memory, SampleFormat format) {
    if (bytes_per_sample(format) == 1) {
        std::fill_n(memory.base, memory.size, std::uint8_t{0x80});
    } else {
        for (std::size_t i = 0; i + 1 < memory.size; i += 2) {
            memory.base[i] = 0x00;
            memory.base[i + 1] = 0x02; // 512, the middle of 10 bits
        }
    }
}

bool strides_are_possible(const FrameShape& shape) {
    for (std::size_t i = 0; i < shape.strides.size(); i++)
        if (shape.strides[i] != 0 &&
            (shape.strides[i] < shape.tightest_stride(i) || shape.strides[i] % shape.stride_alignment != 0))
            return false;
    return true;
}

} // namespace

std::size_t FrameShape::tightest_stride(std::size_t plane) const {
    const std::size_t samples = plane == 0 ? width : (std::size_t{width} + 1) / 2;
    return round_up(samples * bytes_per_sample(format), stride_alignment);
}

std::size_t FrameShape::lines(std::size_t plane) const {
    return plane == 0 ? height : (std::size_t{height} + 1) / 2;
}

struct FramePool::State {
    State(std::size_t memory_limit, std::shared_ptr<PictureBlocks> picture_blocks)
        : limit(memory_limit), blocks(std::move(picture_blocks)) {}
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    ~State() { drop_idle(); }

    void drop_idle() {
        for (const FrameMemory& memory : idle)
            release(memory);
        idle.clear();
    }

    void release(const FrameMemory& memory) {
        if (!blocks || !blocks->give_back(memory.base))
            std::free(memory.base);
        allocated -= memory.size;
    }

    /// Makes memory of the current shape.
    util::Result<FrameMemory> allocate() {
        std::array<std::size_t, 3> offsets = {};
        FrameMemory memory = lay_out(shape, offsets);
        if (memory.size > limit || allocated > limit - memory.size)
            return util::fail(ENOMEM, "the session's limit on picture memory (" +
                                          std::to_string(limit >> 20) + " MiB) is reached");
        void* base = blocks ? blocks->take(memory.size) : nullptr;
        // Page alignment, so that large pictures can use large pages.
        if (!base &&
            posix_memalign(&base, std::max<std::size_t>(4096, shape.stride_alignment), memory.size) != 0)
            return util::fail(ENOMEM,
                              "out of memory for a picture of " + std::to_string(memory.size) + " bytes");
        memory.base = static_cast<std::uint8_t*>(base);
        for (int plane = 0; plane < 3; plane++)
            if (memory.strides[plane] != 0)
                memory.planes[plane] = memory.base + offsets[plane];
        fill_grey(memory, shape.format);
        allocated += memory.size;
        return memory;
    }

    std::mutex mutex;
    const std::size_t limit;
    const std::shared_ptr<PictureBlocks> blocks; ///< may be none
    std::size_t allocated = 0;                   ///< bytes in use and idle
    FrameShape shape;                            ///< of what is idle
    std::uint64_t generation = 0;
    std::vector<FrameMemory> idle;
};

/// In use; goes back at its end.
struct FramePool::Pooled : FrameMemory {
    /// With the state's mutex held.
    Pooled(const FrameMemory& memory, std::shared_ptr<State> pool)
        : FrameMemory(memory), state(std::move(pool)), generation(state->generation) {}
    Pooled(const Pooled&) = delete;
    Pooled& operator=(const Pooled&) = delete;
    ~Pooled() {
        const std::scoped_lock returning(state->mutex);
        if (generation == state->generation) {
            state->idle.push_back(*this);
        } else {
            state->release(*this);
        }
    }

    const std::shared_ptr<State> state;
    const std::uint64_t generation;
};

FramePool::FramePool(std::size_t memory_limit, std::shared_ptr<PictureBlocks> blocks)
    : state_(std::make_shared<State>(memory_limit, std::move(blocks))) {}

FramePool::~FramePool() = default;

util::Result<std::shared_ptr<FrameMemory>> FramePool::take(const FrameShape& shape) {
    if (!strides_are_possible(shape))
        return util::fail(EINVAL, "the picture does not fit into lines of that length");
    const std::scoped_lock lock(state_->mutex);
    if (shape != state_->shape) {
        state_->drop_idle();
        state_->shape = shape;
        state_->generation++;
    }
    FrameMemory memory;
    if (state_->idle.empty()) {
        auto fresh = state_->allocate();
        if (!fresh)
            return std::unexpected(std::move(fresh.error()));
        memory = *fresh;
    } else {
        memory = state_->idle.back();
        state_->idle.pop_back();
    }
    return util::make_recycled<Pooled>(memory, state_);
}

} // namespace daedalus::decoder
