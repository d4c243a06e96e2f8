// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/client_memory.h"

#include "util/recycled_memory.h"

namespace daedalus::decoder {
namespace {

struct LentMemory : FrameMemory {
    std::shared_ptr<const void> loan;
};

} // namespace

bool ClientMemory::holds(const FrameShape& shape, std::uint32_t written) const {
    if (shape.format != SampleFormat::yuv420_8 || !lender)
        return false;
    for (std::size_t i = 0; i < planes.size(); i++) {
        const Plane& plane = planes[i];
        const auto stride = static_cast<std::size_t>(plane.stride);
        const std::size_t own_lines = i == 0 ? written : (std::size_t{written} + 1) / 2;
        if (plane.stride <= 0 || stride < shape.tightest_stride(i) || stride % shape.stride_alignment != 0 ||
            reinterpret_cast<std::uintptr_t>(plane.data) % shape.stride_alignment != 0 ||
            own_lines > plane.lines || shape.lines(i) * stride + overread > plane.bytes)
            return false;
    }
    // One pair of line lengths describes a shape; see FrameShape::strides.
    return planes[1].stride == planes[2].stride;
}

std::shared_ptr<FrameMemory> ClientMemory::lend() const {
    std::shared_ptr<const void> loan = lender->lend();
    if (!loan)
        return nullptr;
    auto memory = util::make_recycled<LentMemory>();
    for (std::size_t i = 0; i < planes.size(); i++) {
        memory->planes[i] = planes[i].data;
        memory->strides[i] = planes[i].stride;
    }
    memory->base = planes[0].data;
    memory->size = planes[0].bytes;
    memory->loan = std::move(loan);
    return memory;
}

} // namespace daedalus::decoder
