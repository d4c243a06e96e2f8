// SPDX-License-Identifier: BSD-2-Clause
#include "unit/bitstream/dav1d_decoder.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <iterator>

#include "support/md5.h"

namespace daedalus::test {
namespace {

std::string describe(const Dav1dPicture& picture) {
    const Dav1dPictureParameters& parameters = picture.p;
    const std::size_t bytes_per_sample = parameters.bpc > 8 ? 2 : 1;
    Md5 digest;
    const int planes = parameters.layout == DAV1D_PIXEL_LAYOUT_I400 ? 1 : 3;
    for (int plane = 0; plane < planes; ++plane) {
        const bool chroma = plane > 0;
        const bool half_width = chroma && parameters.layout != DAV1D_PIXEL_LAYOUT_I444;
        const bool half_height = chroma && parameters.layout == DAV1D_PIXEL_LAYOUT_I420;
        const int width = half_width ? (parameters.w + 1) / 2 : parameters.w;
        const int height = half_height ? (parameters.h + 1) / 2 : parameters.h;
        const auto* line = static_cast<const std::uint8_t*>(picture.data[plane]);
        for (int y = 0; y < height; ++y, line += picture.stride[chroma ? 1 : 0])
            digest.update({line, static_cast<std::size_t>(width) * bytes_per_sample});
    }
    return std::to_string(parameters.w) + "x" + std::to_string(parameters.h) + " " +
           std::to_string(parameters.bpc) + " bit " + digest.finish();
}

} // namespace

Dav1dDecoder::Dav1dDecoder() {
    Dav1dSettings settings;
    dav1d_default_settings(&settings);
    settings.n_threads = 1;
    settings.max_frame_delay = 1;
    settings.all_layers = 1;
    settings.operating_point = 0;
    settings.output_invisible_frames = 1;
    settings.logger.callback = nullptr;
    if (dav1d_open(&context_, &settings) < 0)
        std::abort();
}

Dav1dDecoder::~Dav1dDecoder() {
    dav1d_close(&context_);
}

std::vector<std::string> Dav1dDecoder::decode(std::span<const std::uint8_t> temporal_unit) {
    std::vector<std::string> pictures;
    if (temporal_unit.empty())
        return pictures;
    Dav1dData data{};
    std::uint8_t* copy = dav1d_data_create(&data, temporal_unit.size());
    if (copy == nullptr)
        std::abort();
    std::ranges::copy(temporal_unit, copy);
    for (;;) {
        int result = 0;
        if (data.sz > 0) {
            result = dav1d_send_data(context_, &data);
            if (result < 0 && result != DAV1D_ERR(EAGAIN)) {
                pictures.emplace_back("error");
                dav1d_data_unref(&data);
                break;
            }
        }
        Dav1dPicture picture{};
        result = dav1d_get_picture(context_, &picture);
        if (result == 0) {
            pictures.push_back(describe(picture));
            dav1d_picture_unref(&picture);
        } else if (result != DAV1D_ERR(EAGAIN)) {
            pictures.emplace_back("error");
        }
        if (result != 0 && data.sz == 0)
            break;
    }
    return pictures;
}

} // namespace daedalus::test
