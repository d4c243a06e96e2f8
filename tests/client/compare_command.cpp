// SPDX-License-Identifier: BSD-2-Clause
#include "compare_command.h"

#include "pixels.h"

#include <cstdio>
#include <fstream>

namespace daedalus::client {

namespace {

/** The memory layout that GstVideoInfo gives NV12 of a size. */
v4l2_pix_format_mplane gstreamer_layout(const h264::CropRectangle& crop) {
    v4l2_pix_format_mplane format{};
    format.pixelformat = V4L2_PIX_FMT_NV12;
    format.width = crop.width;
    format.height = (crop.height + 1) / 2 * 2;
    format.plane_fmt[0].bytesperline = (crop.width + 3) / 4 * 4;
    format.plane_fmt[0].sizeimage = format.plane_fmt[0].bytesperline * format.height * 3 / 2;
    return format;
}

/** A stream that was played, and what became of it. */
struct Entry {
    std::string name;
    std::string stream;
    std::string frame_md5;
    size_t frames = 0;
    size_t expected = 0;
    std::string reason; ///< empty: every frame is the same
};

/** Lines of three words: name, stream, framemd5 file. */
std::vector<Entry> read_list(const std::string& path) {
    std::ifstream file(path);
    expect(file.good(), path + ": can't be opened");
    std::vector<Entry> entries;
    for (Entry entry; file >> entry.name >> entry.stream >> entry.frame_md5;)
        entries.push_back(entry);
    expect(!entries.empty(), path + ": names no streams");
    return entries;
}

/** Takes the frames of one stream out of the file. */
void compare_stream(std::ifstream& raw, Entry& entry) {
    auto stream = h264::read_stream(entry.stream);
    if (!stream)
        throw Failure(stream.error());
    const std::vector<std::string> expected = read_frame_md5(entry.frame_md5);
    entry.expected = expected.size();
    size_t different = 0;
    size_t first_different = 0;
    std::vector<uint8_t> pixels;
    for (const uint32_t index : stream->display_order) {
        h264::CropRectangle crop = stream->frames[index].crop;
        crop.left = 0;
        crop.top = 0;
        const v4l2_pix_format_mplane layout = gstreamer_layout(crop);
        pixels.resize(layout.plane_fmt[0].sizeimage);
        if (!raw.read(reinterpret_cast<char*>(pixels.data()), static_cast<std::streamsize>(pixels.size())))
            break;
        if (entry.frames >= expected.size() || picture_md5(pixels, layout, crop) != expected[entry.frames]) {
            first_different = different == 0 ? entry.frames : first_different;
            different++;
        }
        entry.frames++;
    }
    if (different > 0)
        entry.reason =
            std::to_string(different) + " frames differ, the first is " + std::to_string(first_different);
    else if (entry.frames != expected.size())
        entry.reason = "another number of frames";
}

} // namespace

int compare_command(const Context& context, const std::string& file) {
    std::vector<Entry> entries = read_list(context.option("list", ""));
    std::ifstream raw(file, std::ios::binary);
    expect(raw.good(), file + ": can't be opened");
    bool good = true;
    for (Entry& entry : entries) {
        compare_stream(raw, entry);
        good = good && entry.reason.empty();
    }
    if (raw.peek() != std::ifstream::traits_type::eof()) {
        entries.back().reason = "more frames than ffmpeg's";
        good = false;
    }
    // One that went wrong moves all that follow: nothing can be said of them.
    if (!good && entries.size() > 1)
        return 1;
    for (const Entry& entry : entries)
        std::printf("RESULT %s %zu frames %zu %s %s\n", entry.name.c_str(), entry.frames, entry.expected,
                    entry.reason.empty() ? "pass" : "fail", entry.reason.c_str());
    return good ? 0 : 1;
}

} // namespace daedalus::client
