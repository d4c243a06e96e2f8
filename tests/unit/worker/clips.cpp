// SPDX-License-Identifier: BSD-2-Clause
#include "worker/clips.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

namespace daedalus::test {
namespace {

namespace fs = std::filesystem;

/// A directory that goes with the program.
class Scratch {
  public:
    Scratch() {
        std::string name = (fs::temp_directory_path() / "daedalus-clips-XXXXXX").string();
        if (!mkdtemp(name.data()))
            throw std::runtime_error("cannot make a directory for clips");
        path_ = name;
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        fs::remove_all(path_, ignored);
    }
    [[nodiscard]] const fs::path& path() const { return path_; }

  private:
    fs::path path_;
};

const fs::path& scratch_directory() {
    static const Scratch scratch;
    return scratch.path();
}

void run(const std::string& command) {
    if (std::system(command.c_str()) != 0)
        throw std::runtime_error("failed: " + command);
}

std::vector<std::uint8_t> read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// What ffmpeg made of a clip of `count` frames.
std::vector<std::vector<std::uint8_t>> read_frames(const fs::path& raw, std::size_t count) {
    const std::vector<std::uint8_t> bytes = read_file(raw);
    if (count == 0 || bytes.size() % count != 0)
        throw std::runtime_error("the clip and what ffmpeg decodes from it differ in their number of frames");
    const std::size_t frame_size = bytes.size() / count;
    std::vector<std::vector<std::uint8_t>> frames;
    for (std::size_t i = 0; i < count; i++)
        frames.emplace_back(bytes.begin() + static_cast<std::ptrdiff_t>(i * frame_size),
                            bytes.begin() + static_cast<std::ptrdiff_t>((i + 1) * frame_size));
    return frames;
}

/// The stream in `coded` and what ffmpeg made of it in `raw`.
Clip read_clip(const fs::path& coded, const fs::path& raw) {
    auto stream = h264::read_stream(coded.string());
    if (!stream)
        throw std::runtime_error(stream.error());
    Clip clip{.stream = std::move(*stream), .frames = {}};
    clip.frames = read_frames(raw, clip.stream.frames.size());
    return clip;
}

struct Files {
    fs::path coded;
    fs::path raw;
};

/// `encoder`: options of ffmpeg that say which, how, and in what container.
Files make_files(const std::string& size, int frames, const std::string& encoder,
                 const std::string& pixel_format) {
    Files files{.coded = scratch_directory() / "clip.coded", .raw = scratch_directory() / "clip.yuv"};
    const auto& [coded, raw] = files;
    const std::string quiet = "ffmpeg -nostdin -v error -y ";
    run(quiet + "-f lavfi -i testsrc2=size=" + size + ":rate=25 -frames:v " + std::to_string(frames) +
        " -pix_fmt " + pixel_format + " -threads 1 " + encoder + ' ' + coded.string());
    run(quiet + "-i " + coded.string() + " -fps_mode passthrough -pix_fmt " + pixel_format + " -f rawvideo " +
        raw.string());
    return files;
}

std::string h264_encoder(const std::string& options) {
    return "-c:v libx264 -preset fast " + options + " -f h264";
}

Clip make_clip(const std::string& size, int frames, const std::string& options,
               const std::string& pixel_format) {
    const Files files = make_files(size, frames, h264_encoder(options), pixel_format);
    return read_clip(files.coded, files.raw);
}

} // namespace

const RawClip& raw_clip(const std::string& size, int frames, const std::string& options) {
    static std::map<std::string, RawClip> clips;
    RawClip& clip = clips[size + ' ' + std::to_string(frames) + ' ' + options];
    if (clip.coded.empty()) {
        const Files files = make_files(size, frames, options, "yuv420p");
        clip.coded = read_file(files.coded);
        clip.frames = read_frames(files.raw, static_cast<std::size_t>(frames));
    }
    return clip;
}

const RawClip& raw_h264_clip(const std::string& size, int frames, const std::string& options) {
    return raw_clip(size, frames, h264_encoder(options));
}

const Clip& h264_clip(const std::string& size, int frames, const std::string& options,
                      const std::string& pixel_format) {
    static std::map<std::string, Clip> clips;
    const std::string key = size + ' ' + std::to_string(frames) + ' ' + pixel_format + ' ' + options;
    const auto found = clips.find(key);
    return found != clips.end()
               ? found->second
               : clips.emplace(key, make_clip(size, frames, options, pixel_format)).first->second;
}

std::optional<Clip> h264_file(const std::string& path) {
    auto stream = h264::read_stream(path);
    if (!stream || stream->frames.empty())
        return std::nullopt;
    const h264::Frame& first = stream->frames[0];
    for (const h264::Frame& frame : stream->frames)
        if (frame.crop != first.crop || frame.coded_width != first.coded_width ||
            frame.coded_height != first.coded_height)
            return std::nullopt;
    const fs::path raw = scratch_directory() / "vector.yuv";
    run("ffmpeg -nostdin -v quiet -y -flags +output_corrupt -i '" + path +
        "' -fps_mode passthrough -pix_fmt " + (first.bit_depth > 8 ? "yuv420p10le" : "yuv420p") +
        " -f rawvideo " + raw.string());
    const std::size_t samples = std::size_t{first.crop.width} * first.crop.height +
                                2 * std::size_t{(first.crop.width + 1) / 2} * ((first.crop.height + 1) / 2);
    if (fs::file_size(raw) != stream->frames.size() * samples * (first.bit_depth > 8 ? 2 : 1))
        return std::nullopt;
    return read_clip(path, raw);
}

} // namespace daedalus::test
