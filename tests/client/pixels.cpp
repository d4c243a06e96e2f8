// SPDX-License-Identifier: BSD-2-Clause
#include "pixels.h"

#include "failure.h"
#include "support/md5.h"

#include <fstream>

namespace daedalus::client {

std::string picture_md5(std::span<const uint8_t> nv12, const v4l2_pix_format_mplane& format,
                        const test::h264::CropRectangle& crop) {
    expect(format.pixelformat == V4L2_PIX_FMT_NV12, "only NV12 can be compared");
    const size_t pitch = format.plane_fmt[0].bytesperline;
    const size_t chroma_begin = pitch * format.height;
    expect(crop.left + crop.width <= pitch && crop.top + crop.height <= format.height &&
               chroma_begin + pitch * format.height / 2 <= nv12.size(),
           "the picture does not fit into its buffer");
    test::Md5 digest;
    for (size_t row = 0; row < crop.height; row++)
        digest.update(nv12.subspan((crop.top + row) * pitch + crop.left, crop.width));
    const size_t width = (crop.width + 1) / 2;
    const size_t height = (crop.height + 1) / 2;
    std::vector<uint8_t> plane(width * height);
    for (size_t component = 0; component < 2; component++) {
        for (size_t row = 0; row < height; row++) {
            const uint8_t* line =
                nv12.data() + chroma_begin + size_t{crop.top / 2 + row} * pitch + size_t{crop.left} / 2 * 2;
            for (size_t column = 0; column < width; column++)
                plane[row * width + column] = line[2 * column + component];
        }
        digest.update(plane);
    }
    return digest.finish();
}

std::vector<std::string> read_frame_md5(const std::string& path) {
    std::ifstream file(path);
    expect(file.good(), path + ": can't be opened");
    std::vector<std::string> hashes;
    for (std::string line; std::getline(file, line);)
        if (!line.empty() && line[0] != '#')
            hashes.push_back(line.substr(line.find_last_of(", ") + 1));
    expect(!hashes.empty(), path + ": no frames in it");
    return hashes;
}

} // namespace daedalus::client
