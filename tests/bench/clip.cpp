// SPDX-License-Identifier: BSD-2-Clause
#include "bench/clip.h"

#include "bench/clip_formats.h"
#include "decoder/decoder.h"
#include "support/ivf.h"

#include <algorithm>

namespace daedalus::bench {
namespace {

constexpr std::size_t vp8_references = 3;

Clip read_ivf_clip(const std::string& path) {
    const auto ivf = parsed(test::read_ivf(path), path);
    if (ivf.codec != "AV01")
        return read_vpx_clip(path);
#ifdef DAEDALUS_HAVE_AV1
    return read_av1_clip(path);
#else
    throw std::runtime_error("built with headers that have no AV1 controls");
#endif
}

Clip read_requests(const std::string& path) {
    if (path.ends_with(".h264"))
        return read_h264_clip(path);
    if (path.ends_with(".m2v"))
        return read_mpeg2_clip(path);
    if (path.ends_with(".ivf"))
        return read_ivf_clip(path);
    throw std::runtime_error(path + ": neither .h264, .m2v nor .ivf");
}

void find_last_uses(Clip& clip) {
    for (std::size_t i = 0; i < clip.requests.size(); i++) {
        clip.requests[i].last_use = i;
        for (const std::size_t reference : clip.requests[i].references)
            clip.requests.at(reference).last_use = i;
    }
    for (std::size_t i = 0; i < clip.requests.size(); i++) {
        std::size_t in_use = 0;
        for (std::size_t earlier = 0; earlier <= i; earlier++)
            in_use += clip.requests[earlier].last_use >= i ? 1 : 0;
        clip.most_in_use = std::max(clip.most_in_use, in_use);
    }
    // What its requests refer to is not known for sure, but how much that can be.
    if (clip.codec == DAEDALUS_CODEC_VP8)
        clip.most_in_use = std::min(clip.most_in_use, vp8_references + 1);
}

} // namespace

Packet::Packet(std::span<const std::byte> bytes) : bytes_(bytes.begin(), bytes.end()), size_(bytes.size()) {
    bytes_.resize(size_ + decoder::bitstream_padding);
}

Clip read_clip(const std::string& path) {
    Clip clip = read_requests(path);
    if (clip.requests.empty() || clip.packets.empty())
        throw std::runtime_error(path + ": no picture");
    find_last_uses(clip);
    return clip;
}

} // namespace daedalus::bench
