// SPDX-License-Identifier: BSD-2-Clause
#include "decode_command.h"

#include "pixels.h"

#include <algorithm>
#include <cstdio>

namespace daedalus::client {

namespace {

template <typename Value>
Value one_of(const Context& context, const std::string& option, const std::string& otherwise,
             const std::map<std::string, Value>& values) {
    const std::string name = context.option(option, otherwise);
    const auto found = values.find(name);
    if (found == values.end()) {
        std::string names;
        for (const auto& [key, value] : values)
            names += (names.empty() ? "" : ", ") + key;
        throw Failure("--" + option + ": " + name + " is none of " + names);
    }
    return found->second;
}

Settings settings_of(const Context& context) {
    Settings settings;
    settings.depth = static_cast<uint32_t>(std::clamp(context.number("depth", 2), 1L, 32L));
    settings.capture_buffers =
        static_cast<uint32_t>(std::clamp(context.number("capture-buffers", 0), 0L, 64L));
    settings.timestamps = one_of<Timestamps>(context, "timestamps", "counter",
                                             {{"counter", Timestamps::counter},
                                              {"recycled", Timestamps::recycled},
                                              {"recycled-from-one", Timestamps::recycled_from_one},
                                              {"zero", Timestamps::zero},
                                              {"wallclock", Timestamps::wall_clock}});
    settings.fields = one_of<FieldStyle>(context, "fields", "hold",
                                         {{"hold", FieldStyle::hold}, {"requeue", FieldStyle::requeue}});
    settings.capture_memory = one_of<CaptureMemory>(context, "memory", "mmap",
                                                    {{"mmap", CaptureMemory::mmap},
                                                     {"heap", CaptureMemory::system_heap},
                                                     {"udmabuf", CaptureMemory::udmabuf}});
    return settings;
}

} // namespace

int decode_command(const Context& context, const std::string& file) {
    auto stream = h264::read_stream(file);
    if (!stream)
        throw Failure(stream.error());
    const long seek_every = context.number("seek-every", 0);
    StreamDecoder decoder(context.nodes(), *stream, settings_of(context));
    const auto begin = std::chrono::steady_clock::now();
    decoder.start();
    for (uint32_t frame = 0; frame < stream->frames.size(); frame++) {
        if (seek_every > 0 && frame > 0 && frame % seek_every == 0 && stream->frames[frame].is_idr) {
            decoder.drain();
            decoder.flush();
        }
        const h264::Frame& next = stream->frames[frame];
        const h264::Frame& last = stream->frames[frame > 0 ? frame - 1 : 0];
        if (next.coded_width != last.coded_width || next.coded_height != last.coded_height) {
            decoder.drain();
            decoder.stop();
            decoder.configure(next, stream->pictures[next.first_picture].sps);
            decoder.stream_on();
        }
        decoder.submit_frames(frame, frame + 1);
    }
    decoder.drain();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;

    std::vector<DecodedFrame> frames = decoder.decoded();
    if (context.option("order", "display") == "display")
        std::ranges::stable_sort(
            frames, {}, [&](const DecodedFrame& frame) { return stream->frames[frame.frame].display_index; });
    size_t errors = 0;
    for (size_t i = 0; i < frames.size(); i++) {
        std::printf("%zu %s %s\n", i, frames[i].md5.c_str(), frames[i].error ? "error" : "ok");
        errors += frames[i].error ? 1 : 0;
    }
    std::fprintf(stderr, "%zu frames, %zu in error, %.1f frames/s\n", frames.size(), errors,
                 static_cast<double>(frames.size()) / took.count());
    const std::string reference = context.option("compare", "");
    if (reference.empty())
        return errors == 0 ? 0 : 1;
    const Clip clip{.stream = std::move(*stream), .md5 = read_frame_md5(reference)};
    expect(clip.md5.size() == clip.stream.frames.size(),
           reference + ": has " + std::to_string(clip.md5.size()) + " frames");
    expect_bit_exact(clip, frames);
    return 0;
}

} // namespace daedalus::client
