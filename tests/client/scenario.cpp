// SPDX-License-Identifier: BSD-2-Clause
#include "scenario.h"

#include "pixels.h"

#include <cstdio>

namespace daedalus::client {

uint32_t Clip::next_idr(uint32_t frame) const {
    while (frame < frame_count() && !stream.frames[frame].is_idr)
        frame++;
    return frame;
}

std::string Context::option(const std::string& name, const std::string& otherwise) const {
    const auto found = options_.find(name);
    return found != options_.end() ? found->second : otherwise;
}

long Context::number(const std::string& name, long otherwise) const {
    const std::string text = option(name, std::to_string(otherwise));
    try {
        return std::stol(text);
    } catch (const std::logic_error&) {
        throw Failure("--" + name + ": not a number: " + text);
    }
}

Clip Context::clip(const std::string& name) const {
    const std::string base = option("clips", ".") + "/" + name;
    auto stream = h264::read_stream(base + ".h264");
    if (!stream)
        throw Failure(stream.error());
    Clip clip{.stream = std::move(*stream), .md5 = read_frame_md5(base + ".framemd5")};
    expect(clip.md5.size() == clip.stream.frames.size(), name + ": ffmpeg shows another number of frames");
    return clip;
}

void Context::figure(const std::string& name, double value, const std::string& unit, const std::string& bar,
                     bool pass, const std::string& reason) const {
    std::printf("RESULT %s.%s %.10g %s %s %s %s\n", scenario.c_str(), name.c_str(), value, unit.c_str(),
                bar.c_str(), pass ? "pass" : "fail", reason.c_str());
    std::fflush(stdout);
}

size_t count_differences(const Clip& clip, std::span<const DecodedFrame> decoded) {
    size_t count = 0;
    for (const DecodedFrame& frame : decoded)
        if (frame.error || frame.md5 != clip.expected(frame.frame))
            count++;
    return count;
}

void play_until(const std::function<bool()>& enough, StreamDecoder& decoder, const Clip& clip) {
    decoder.start();
    while (!enough()) {
        decoder.submit_frames(0, clip.frame_count());
        decoder.drain();
        decoder.take_decoded();
        decoder.begin_again();
    }
}

void expect_bit_exact(const Clip& clip, std::span<const DecodedFrame> decoded) {
    for (const DecodedFrame& frame : decoded) {
        expect(!frame.error, "frame " + std::to_string(frame.frame) + " came back in error");
        expect(frame.md5 == clip.expected(frame.frame), "frame " + std::to_string(frame.frame) +
                                                            " differs from ffmpeg's (" +
                                                            std::to_string(count_differences(clip, decoded)) +
                                                            " of " + std::to_string(decoded.size()) + " do)");
    }
}

} // namespace daedalus::client
