// SPDX-License-Identifier: BSD-2-Clause
// Frames coded as two fields: contract item 19. No free encoder makes them, so
// the streams are conformance streams, if there are any.
#include "client/scenario.h"

#include "client/pixels.h"

#include <filesystem>

namespace daedalus::client {

namespace {

/** Field streams of the test vectors; their hashes are made by the case script. */
std::vector<std::string> field_clips(const Context& context) {
    std::vector<std::string> names;
    const std::string directory = context.option("field-clips", "");
    if (directory.empty() || !std::filesystem::is_directory(directory))
        throw Skip("no field streams: --field-clips names their directory");
    for (const auto& entry : std::filesystem::directory_iterator(directory))
        if (entry.path().extension() == ".h264")
            names.push_back(entry.path().parent_path() / entry.path().stem());
    if (names.empty())
        throw Skip("no field streams in " + directory);
    return names;
}

void decode_fields(Context& context, FieldStyle style, uint32_t depth) {
    size_t frames = 0;
    size_t streams = 0;
    for (const std::string& name : field_clips(context)) {
        auto stream = h264::read_stream(name + ".h264");
        if (!stream)
            throw Failure(stream.error());
        const Clip clip{.stream = std::move(*stream), .md5 = read_frame_md5(name + ".framemd5")};
        StreamDecoder decoder(context.nodes(), clip.stream, {.depth = depth, .fields = style});
        decoder.start();
        decoder.submit_frames(0, clip.frame_count());
        decoder.drain();
        try {
            expect(decoder.decoded().size() == clip.frame_count(), "not every frame came back");
            expect_bit_exact(clip, decoder.decoded());
        } catch (const Failure& failure) {
            throw Failure(std::filesystem::path(name).filename().string() + ": " + failure.what());
        }
        frames += decoder.decoded().size();
        streams++;
    }
    context.figure("streams", static_cast<double>(streams), "streams", "bit-exact", true);
    context.figure("frames", static_cast<double>(frames), "frames", "bit-exact", true);
}

void hold(Context& context) {
    decode_fields(context, FieldStyle::hold, 4);
}
void hold_lockstep(Context& context) {
    decode_fields(context, FieldStyle::hold, 1);
}
void requeue(Context& context) {
    decode_fields(context, FieldStyle::requeue, 4);
}

constexpr Scenario list[] = {
    {"fields_hold", "the CAPTURE buffer is held, as GStreamer does", hold},
    {"fields_hold_lockstep", "the same with one request at a time", hold_lockstep},
    {"fields_requeue", "the CAPTURE buffer is queued again, as FFmpeg does", requeue},
};

} // namespace

std::span<const Scenario> field_scenarios() {
    return list;
}

} // namespace daedalus::client
