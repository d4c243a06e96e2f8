// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "support/h264/stream.h"

#include <cstdint>
#include <linux/videodev2.h>
#include <span>
#include <string>
#include <vector>

namespace daedalus::client {

/**
 * Hashes the visible part of an NV12 picture in the form of `ffmpeg -pix_fmt
 * yuv420p -f framemd5`: the luma, Cb and Cr planes without padding.
 *
 * @param format of the CAPTURE queue: pitch, and the height that chroma follows.
 * Throws when the crop rectangle does not lie inside of the buffer.
 */
std::string picture_md5(std::span<const uint8_t> nv12, const v4l2_pix_format_mplane& format,
                        const test::h264::CropRectangle& crop);

/** The hashes of a framemd5 file that ffmpeg wrote, in display order; throws. */
std::vector<std::string> read_frame_md5(const std::string& path);

} // namespace daedalus::client
