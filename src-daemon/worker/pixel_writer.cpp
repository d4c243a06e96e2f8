// SPDX-License-Identifier: BSD-2-Clause
#include "worker/pixel_writer.h"

#include "pixels/picture_writer.h"
#include "util/log.h"

namespace daedalus::worker {

util::Result<statistics::PixelPath> PixelWriter::write(const decoder::Picture& picture,
                                                       const pixels::BufferLayout& layout,
                                                       MappedBuffer& buffer) {
    if (gpu_ && gpu::Converter::suits(picture, layout) && layout.fits(buffer.memory())) {
        const auto written = write_by_gpu(picture, layout, buffer);
        if (!written && is_fatal(written.error()))
            return std::unexpected(written.error());
        if (!written)
            give_up(written.error().message);
        else if (*written)
            return statistics::PixelPath::gpu;
    }
    const bool direct = pixels::is_in_place(picture, layout, buffer.memory());
    if (auto written = pixels::write_picture(picture, layout, buffer.memory()); !written)
        return std::unexpected(std::move(written.error()));
    return direct ? statistics::PixelPath::direct : statistics::PixelPath::cpu;
}

util::Result<bool> PixelWriter::write_by_gpu(const decoder::Picture& picture,
                                             const pixels::BufferLayout& layout, MappedBuffer& buffer) {
    std::string problem;
    const gpu::Target* target = buffer.gpu_target(*gpu_, problem);
    if (!target && !problem.empty())
        return util::fail(ENOTSUP, "it can't reach the client's buffers: " + problem);
    if (!target)
        return false;
    return gpu_->write(picture, layout, buffer.memory()[0], *target);
}

void PixelWriter::give_up(const std::string& reason) {
    util::log(util::LogLevel::warning, "the CPU writes pictures from now on, the GPU fails: %s",
              reason.c_str());
    gpu_ = nullptr;
}

} // namespace daedalus::worker
