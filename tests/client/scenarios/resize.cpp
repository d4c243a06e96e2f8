// SPDX-License-Identifier: BSD-2-Clause
// Another size on the same file: contract item 20, and the failure "a smaller
// CAPTURE buffer after a resize".
#include "client/scenario.h"

#include <cerrno>

namespace daedalus::client {

namespace {

/**
 * Joins clips of different sizes into one stream, as a broadcast does it, and
 * plays it: when the size changes the client drains, stops, frees its buffers
 * and sets the new format on the same file.
 */
void sizes_in_turn(Context& context) {
    const std::string names[] = {"gop", "other_size", "size_16x16", "size_720x576", "tiny"};
    std::vector<Clip> clips;
    Clip all;
    for (const std::string& name : names) {
        Clip clip = context.clip(name);
        const auto frames = static_cast<uint32_t>(all.stream.frames.size());
        const auto pictures = static_cast<uint32_t>(all.stream.pictures.size());
        for (h264::Frame frame : clip.stream.frames) {
            frame.first_picture += pictures;
            frame.display_index += frames;
            all.stream.frames.push_back(frame);
        }
        for (h264::Picture picture : clip.stream.pictures) {
            picture.frame += frames;
            for (uint32_t& reference : picture.references)
                if (reference != h264::no_frame)
                    reference += frames;
            all.stream.pictures.push_back(std::move(picture));
        }
        all.md5.insert(all.md5.end(), clip.md5.begin(), clip.md5.end());
        clips.push_back(std::move(clip));
    }
    StreamDecoder decoder(context.nodes(), all.stream, {.depth = 3});
    uint32_t begin = 0;
    for (const Clip& clip : clips) {
        if (begin > 0)
            decoder.stop();
        decoder.configure(all.stream.frames[begin],
                          all.stream.pictures[all.stream.frames[begin].first_picture].sps);
        decoder.stream_on();
        decoder.submit_frames(begin, begin + clip.frame_count());
        decoder.drain();
        begin += clip.frame_count();
    }
    expect(decoder.decoded().size() == all.stream.frames.size(), "not every frame came back");
    expect_bit_exact(all, decoder.decoded());
    context.figure("frames", static_cast<double>(decoder.decoded().size()), "frames", "bit-exact", true);
}

/**
 * S_FMT(OUTPUT) with buffers of both queues alive: GStreamer frees CAPTURE
 * buffers one by one, and a sink keeps the last one that it showed. A buffer
 * that is too small now can't be queued any more.
 */
void buffers_kept(Context& context) {
    const Clip small = context.clip("gop");
    StreamDecoder decoder(context.nodes(), small.stream, {.depth = 2, .sizeimage = 1024 * 1024});
    decoder.start();
    decoder.submit_frames(0, 10);
    decoder.drain();
    const Device& device = decoder.device();
    expect(device.stream_off(output_queue) == 0 && device.stream_off(capture_queue) == 0, "STREAMOFF");
    const v4l2_format changed =
        device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 320, 240, 1024 * 1024);
    expect(changed.fmt.pix_mp.width == 320 && changed.fmt.pix_mp.height == 240,
           "S_FMT(OUTPUT) did not take the new size");
    const v4l2_format capture = device.format(capture_queue);
    expect(capture.fmt.pix_mp.width == 320 && capture.fmt.pix_mp.height == 240,
           "CAPTURE's format did not follow OUTPUT's");
    expect(decoder.capture().enqueue({.index = 0}) == -EINVAL,
           "a buffer that is too small now can be queued");
    const int created = decoder.capture().create(1);
    expect(created >= 0, "CREATE_BUFS of the new size gave " + std::to_string(created));
    expect(decoder.capture().enqueue({.index = static_cast<uint32_t>(created)}) == 0,
           "a buffer of the new size can't be queued");
    // Another codec is another matter: OUTPUT buffers were made for this one.
    v4l2_format other = changed;
    other.fmt.pix_mp.pixelformat = V4L2_PIX_FMT_VP9_FRAME;
    const int result = device.control(VIDIOC_S_FMT, &other);
    expect(result == -EBUSY || other.fmt.pix_mp.pixelformat == V4L2_PIX_FMT_H264_SLICE,
           "the codec can be changed with OUTPUT buffers allocated");
}

/** Buffers that are smaller than the pictures of the SPS: an error, no crash, and the next stream plays. */
void capture_too_small(Context& context) {
    const Clip large = context.clip("other_size");
    const Clip small = context.clip("gop");
    StreamDecoder decoder(context.nodes(), large.stream, {.depth = 2, .check_pixels = false});
    // The format is that of the small stream, the pictures are those of the large one.
    decoder.configure(small.stream.frames[0], large.stream.pictures[0].sps);
    decoder.stream_on();
    decoder.submit_frames(0, 8);
    decoder.drain();
    size_t errors = 0;
    for (const DecodedFrame& frame : decoder.decoded())
        errors += frame.error ? 1 : 0;
    context.figure("errors", static_cast<double>(errors), "frames", "8", errors == 8);
    StreamDecoder after(context.nodes(), small.stream, {.depth = 2});
    after.start();
    after.submit_frames(0, 10);
    after.drain();
    expect_bit_exact(small, after.decoded());
}

constexpr Scenario list[] = {
    {"resize", "streams of five sizes on one file", sizes_in_turn},
    {"resize_buffers_kept", "a new size with old buffers alive", buffers_kept},
    {"resize_too_small", "pictures larger than their buffers", capture_too_small},
};

} // namespace

std::span<const Scenario> resize_scenarios() {
    return list;
}

} // namespace daedalus::client
