// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/avcodec_memory.h"

#include "util/recycled_memory.h"

#include <utility>

namespace daedalus::decoder {
namespace {

std::pmr::polymorphic_allocator<> keepers() {
    return {util::recycled_memory()};
}

} // namespace

std::optional<SampleFormat> sample_format(int format) {
    switch (format) {
    case AV_PIX_FMT_YUV420P:
    case AV_PIX_FMT_YUVJ420P:
        return SampleFormat::yuv420_8;
    case AV_PIX_FMT_YUV420P10LE:
        return SampleFormat::yuv420_10;
    case AV_PIX_FMT_GRAY8:
        return SampleFormat::grey_8;
    case AV_PIX_FMT_GRAY10LE:
        return SampleFormat::grey_10;
    default:
        return std::nullopt;
    }
}

// NOLINTNEXTLINE(performance-unnecessary-value-param): the pool's constructor call moves it
void* keep_memory(std::shared_ptr<const void> memory) {
    return keepers().new_object<std::shared_ptr<const void>>(std::move(memory));
}

void release_memory(void* opaque, std::uint8_t* /*data*/) {
    keepers().delete_object(static_cast<std::shared_ptr<const void>*>(opaque));
}

} // namespace daedalus::decoder
