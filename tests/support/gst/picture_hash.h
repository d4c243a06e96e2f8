// SPDX-License-Identifier: BSD-2-Clause
// Hashes of the frames that a decoder put out, in the form that FFmpeg hashes raw video in.
#pragma once

#include "support/md5.h"

#include <gst/video/video.h>

#include <cstdint>
#include <string>
#include <vector>

namespace daedalus::test {

/// The digests of one frame.
struct FrameDigest {
    std::string all;  ///< Y, U and V
    std::string luma; ///< Y alone
};

/// Takes frames of NV12, P010, I420 and their like and hashes them as planar 4:2:0: 8 bits in a byte, 10 in
/// the low end of two. Sizes may change from frame to frame; padding between lines is left out.
class PictureHash {
  public:
    /// False: a pixel format that it cannot read.
    static bool knows(GstVideoFormat format);

    FrameDigest add(const GstVideoFrame& frame);

    /// Of all frames one behind the other. Once.
    FrameDigest finish() { return {all_.finish(), luma_.finish()}; }

  private:
    /// One plane of the planar form into bytes_.
    void read_component(const GstVideoFrame& frame, unsigned component);

    Md5 all_;
    Md5 luma_;
    std::vector<std::uint8_t> bytes_;
};

} // namespace daedalus::test
