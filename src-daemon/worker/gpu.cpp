// SPDX-License-Identifier: BSD-2-Clause
#include "worker/gpu.h"

#include "sandbox/descriptors.h"
#include "util/log.h"

#include <linux/videodev2.h>

#include <cstdlib>
#include <utility>

namespace daedalus::worker {
namespace {

/// What drivers and the loader do beside driving: caches of shaders in somebody's home, layers that were
/// installed for games.
void keep_to_the_driver() {
    setenv("MESA_SHADER_CACHE_DISABLE", "true", 1);
    setenv("VK_LOADER_LAYERS_DISABLE", "~implicit~", 1);
}

} // namespace

util::Result<Gpu> Gpu::open(const gpu::Options& options) {
    keep_to_the_driver();
    Gpu gpu;
    gpu.may_copy_ = options.may_copy && !options.only_if_it_pays;
    util::Result<std::unique_ptr<gpu::Converter>> opened;
    gpu.descriptors_ = sandbox::opened_by([&] { opened = gpu::open(options); });
    if (!opened && opened.error().code == std::errc::timed_out)
        return std::unexpected(std::move(opened.error()));
    if (!opened) {
        gpu.descriptors_.clear();
        // Nothing is wrong with a machine that has none, if nobody insists.
        util::log(options.only_if_it_pays ? util::LogLevel::info : util::LogLevel::warning,
                  "the CPU writes pictures, no GPU does: %s", opened.error().message.c_str());
        return gpu;
    }
    gpu.converter_ = std::move(*opened);
    util::log(util::LogLevel::debug, "the GPU %s writes pictures",
              gpu.converter_->device()->info().name.c_str());
    return gpu;
}

std::shared_ptr<decoder::PictureBlocks> Gpu::prepare(const bridge::FormatMessage& format) {
    if (!converter_)
        return nullptr;
    auto blocks = make_blocks(format);
    if (!blocks && !may_copy_)
        close();
    return blocks;
}

std::shared_ptr<decoder::PictureBlocks> Gpu::make_blocks(const bridge::FormatMessage& format) {
    const std::uint32_t wanted = format.capture.pixelformat;
    // Stateful sessions have libavcodec's own memory, and planar buffers no pass.
    if (format.kind == DAEDALUS_SESSION_STATEFUL ||
        (wanted != V4L2_PIX_FMT_NV12 && wanted != V4L2_PIX_FMT_P010))
        return nullptr;
    const gpu::BlockPlan plan =
        gpu::plan_blocks(format.coded_width, format.coded_height, wanted == V4L2_PIX_FMT_P010 ? 2 : 1);
    util::Result<std::shared_ptr<gpu::SourceBlocks>> blocks;
    const std::vector<int> theirs = sandbox::opened_by([&] { blocks = converter_->make_blocks(plan); });
    descriptors_.insert(descriptors_.end(), theirs.begin(), theirs.end());
    if (!blocks) {
        util::log(util::LogLevel::info, "the GPU can't read pictures where they are decoded: %s",
                  blocks.error().message.c_str());
        return nullptr;
    }
    return *blocks;
}

void Gpu::close() {
    converter_.reset();
    descriptors_.clear();
}

} // namespace daedalus::worker
