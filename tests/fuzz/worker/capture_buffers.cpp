// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/worker/capture_buffers.h"

#include <linux/videodev2.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <fcntl.h>
#include <vector>

namespace daedalus::fuzz {
namespace {

constexpr std::array<std::uint32_t, 4> formats = {V4L2_PIX_FMT_NV12, V4L2_PIX_FMT_P010, V4L2_PIX_FMT_YUV420,
                                                  V4L2_PIX_FMT_YUV420M};
// Room around the seeds' 64x64, so that decoders can be lent the memory.
constexpr std::uint32_t usual_width = 128, usual_height = 132;
constexpr std::uint32_t longest_side = 1024;
constexpr std::size_t most_buffers = 64;
constexpr std::size_t border = 4096;
constexpr std::uint8_t border_byte = 0xa5;

daedalus_picture_layout make_layout(unsigned format, std::uint32_t width, std::uint32_t height,
                                    std::uint32_t padding) {
    daedalus_picture_layout layout = {};
    layout.pixelformat = formats.at(format % formats.size());
    layout.width = width;
    layout.height = height;
    layout.bytesperline = width * (layout.pixelformat == V4L2_PIX_FMT_P010 ? 2 : 1) + padding;
    const std::uint32_t luma = layout.bytesperline * height;
    const std::uint32_t chroma = layout.bytesperline / 2 * ((height + 1) / 2);
    if (layout.pixelformat == V4L2_PIX_FMT_YUV420M) {
        layout.planes = 3;
        layout.sizeimage[0] = luma;
        layout.sizeimage[1] = layout.sizeimage[2] = chroma;
    } else {
        layout.planes = 1;
        layout.sizeimage[0] = luma + std::max(2 * chroma, layout.bytesperline * ((height + 1) / 2));
    }
    return layout;
}

} // namespace

/// Whether there is memory behind the picture that nothing may be written to. A planar buffer may lend all of
/// its memory to the decoder.
bool CaptureBuffers::Buffer::has_border() const {
    return missing == 0 &&
           (layout.pixelformat == V4L2_PIX_FMT_NV12 || layout.pixelformat == V4L2_PIX_FMT_P010);
}

CaptureBuffers::CaptureBuffers(unsigned format) {
    for (unsigned slot = 0; slot < slots; slot++)
        put(slot, make_layout(format, usual_width, usual_height, 0), 0);
}

void CaptureBuffers::put(unsigned slot, const daedalus_picture_layout& layout, std::size_t missing) {
    if (buffers_.size() >= most_buffers)
        return;
    ids_.at(slot % slots) = next_id_;
    buffers_[next_id_++] = {.layout = layout, .missing = missing, .memory = {}};
}

void CaptureBuffers::replace(FuzzInput& input) {
    const unsigned slot = input.take<std::uint8_t>(), format = input.take<std::uint8_t>();
    const std::uint32_t width = input.take<std::uint16_t>() % (longest_side + 1);
    const std::uint32_t height = input.take<std::uint16_t>() % (longest_side + 1);
    const std::uint32_t padding = input.take<std::uint8_t>();
    put(slot, make_layout(format, width, height, padding), input.take<std::uint8_t>());
}

std::uint64_t CaptureBuffers::renew(unsigned slot) {
    const std::uint64_t before = id(slot);
    put(slot, daedalus_picture_layout(layout(slot)), 0);
    return before;
}

util::Result<util::UniqueFd> CaptureBuffers::memory(std::uint64_t id, std::uint32_t plane) {
    require(plane < DAEDALUS_MAX_PLANES);
    const auto found = buffers_.find(id);
    if (found == buffers_.end())
        return util::fail(ENOENT, "no such buffer");
    Buffer& buffer = found->second;
    if (plane >= buffer.layout.planes)
        return util::fail(EINVAL, "no such plane");
    util::UniqueFd& memory = buffer.memory.at(plane);
    if (!memory) {
        memory.reset(memfd_create("capture", MFD_CLOEXEC));
        const std::size_t image = buffer.layout.sizeimage[plane];
        const std::size_t size = image - std::min(image, buffer.missing);
        const std::vector<std::uint8_t> behind(buffer.has_border() ? border : 0, border_byte);
        require(memory && ftruncate(memory.get(), static_cast<off_t>(size)) == 0 &&
                pwrite(memory.get(), behind.data(), behind.size(), static_cast<off_t>(image)) ==
                    static_cast<ssize_t>(behind.size()));
    }
    return util::UniqueFd(fcntl(memory.get(), F_DUPFD_CLOEXEC, 0));
}

void CaptureBuffers::check() const {
    for (const auto& [id, buffer] : buffers_) {
        if (!buffer.has_border() || !buffer.memory[0])
            continue;
        std::vector<std::uint8_t> behind(border);
        require(pread(buffer.memory[0].get(), behind.data(), behind.size(),
                      static_cast<off_t>(buffer.layout.sizeimage[0])) == static_cast<ssize_t>(behind.size()));
        require(std::ranges::all_of(behind, [](std::uint8_t byte) { return byte == border_byte; }));
    }
}

} // namespace daedalus::fuzz
