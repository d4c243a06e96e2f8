// SPDX-License-Identifier: BSD-2-Clause
// VP8 and VP9 through the worker against ffmpeg: hidden frames, frames of other sizes and all.
#include "bridge/stand_in_kernel.h"
#include "support/md5.h"
#include "support/vpx/stream.h"
#include "support/worker/capture_layout.h"
#include "support/worker/worker_process.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

namespace daedalus::test {
namespace {

namespace fs = std::filesystem;

struct VpxClip {
    vpx::Stream stream;
    std::set<std::string> sizes;    ///< of the frames that ffmpeg shows, in bytes
    std::vector<std::string> truth; ///< MD5 of each frame that is decoded and shown, in ffmpeg's words
};

void run(const std::string& command) {
    if (std::system(command.c_str()) != 0)
        throw std::runtime_error("failed: " + command);
}

VpxClip read_clip(const fs::path& ivf, const fs::path& hashes) {
    auto stream = vpx::read_stream(ivf);
    if (!stream)
        throw std::runtime_error(stream.error());
    VpxClip clip{.stream = std::move(*stream), .sizes = {}, .truth = {}};
    const std::vector<bool>& decoded = clip.stream.decoded;
    std::ifstream lines(hashes);
    std::size_t index = 0;
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#'))
            continue;
        // stream, dts, pts, duration, size, hash
        const std::string size_and_hash = line.substr(line.rfind(',', line.rfind(',') - 1));
        clip.sizes.insert(size_and_hash.substr(0, size_and_hash.rfind(',')));
        if (index >= decoded.size() || decoded[index])
            clip.truth.push_back(line.substr(line.rfind(' ') + 1));
        index++;
    }
    return clip;
}

/// Makes or converts a clip with ffmpeg: `input` are its arguments up to the output. The truth is what it
/// decodes from `original`, or from the clip when that is empty.
VpxClip make_clip(const std::string& input, bool ten_bits, const std::string& original = {}) {
    std::string name = (fs::temp_directory_path() / "daedalus-vpx-XXXXXX").string();
    if (!mkdtemp(name.data()))
        throw std::runtime_error("cannot make a directory for clips");
    const fs::path directory = name;
    const std::string quiet = "ffmpeg -nostdin -v error -y ";
    run(quiet + input + " -f ivf " + (directory / "clip.ivf").string());
    run(quiet + "-i '" + (original.empty() ? (directory / "clip.ivf").string() : original) +
        "' -fps_mode passthrough -noautoscale -pix_fmt " + (ten_bits ? "yuv420p10le" : "yuv420p") +
        " -f framemd5 " + (directory / "clip.md5").string());
    VpxClip clip = read_clip(directory / "clip.ivf", directory / "clip.md5");
    fs::remove_all(directory);
    return clip;
}

struct Answered {
    daedalus_status status;
    std::string hash;
};

/// `room`: for decoding straight into the buffer, where there are 8 bits.
daedalus_picture_layout layout_of(const VpxClip& clip, bool room) {
    if (room && !clip.stream.ten_bits)
        return make_roomy_layout(V4L2_PIX_FMT_YUV420, (clip.stream.width + 15) / 16 * 16,
                                 (clip.stream.height + 15) / 16 * 16);
    daedalus_picture_layout layout = {};
    layout.pixelformat = clip.stream.ten_bits ? V4L2_PIX_FMT_P010 : V4L2_PIX_FMT_YUV420;
    layout.width = clip.stream.width;
    layout.height = clip.stream.height;
    layout.bytesperline = (clip.stream.width + 1) / 2 * 2 * (clip.stream.ten_bits ? 2 : 1);
    layout.planes = 1;
    layout.sizeimage[0] = layout.bytesperline * (clip.stream.height + (clip.stream.height + 1) / 2);
    return layout;
}

/// MD5 of the buffer's samples as planar 4:2:0 without padding.
std::string hash_of(const VpxClip& clip, bool room, std::span<const std::uint8_t> bytes) {
    const auto layout = layout_of(clip, room);
    const std::size_t sample = clip.stream.ten_bits ? 2 : 1, chroma_width = (clip.stream.width + 1) / 2;
    const std::size_t chroma_height = (clip.stream.height + 1) / 2, chroma_lines = (layout.height + 1) / 2;
    const std::size_t luma = std::size_t{layout.bytesperline} * layout.height;
    std::vector<std::uint8_t> planar;
    const auto add = [&](std::size_t at) {
        if (sample == 1) {
            planar.push_back(bytes[at]);
            return;
        }
        const unsigned value = (bytes[at] | bytes[at + 1] << 8) >> 6;
        planar.push_back(static_cast<std::uint8_t>(value));
        planar.push_back(static_cast<std::uint8_t>(value >> 8));
    };
    for (std::size_t y = 0; y < clip.stream.height; y++)
        for (std::size_t x = 0; x < clip.stream.width; x++)
            add(y * layout.bytesperline + x * sample);
    for (std::size_t plane = 0; plane < 2; plane++)
        for (std::size_t y = 0; y < chroma_height; y++)
            for (std::size_t x = 0; x < chroma_width; x++)
                add(sample == 1 ? luma + plane * (layout.bytesperline / 2) * chroma_lines +
                                      y * (layout.bytesperline / 2) + x
                                : luma + y * layout.bytesperline + (2 * x + plane) * sample);
    return md5(planar);
}

std::vector<Answered> play(const VpxClip& clip, unsigned threads, std::size_t depth, bool room) {
    util::UniqueFd worker_end;
    auto kernel = bridge::StandInKernel::create(worker_end);
    WorkerProcess worker(std::move(worker_end), {.decoder = {.threads = threads}});
    const auto layout = layout_of(clip, room);
    const daedalus_codec codec = clip.stream.vp9 ? DAEDALUS_CODEC_VP9 : DAEDALUS_CODEC_VP8;
    EXPECT_TRUE(kernel->send_format(codec, clip.stream.width, clip.stream.height, layout, 4U << 20));
    std::vector<std::uint64_t> buffers;
    // This client does not know what is still predicted from: where that is in the buffers, they don't come
    // back.
    for (std::size_t i = 0; i < (room ? clip.stream.frames.size() : depth + 2); i++)
        buffers.push_back(*kernel->add_buffer(layout));
    std::vector<Answered> answers;
    const auto collect = [&] {
        const auto answer = kernel->next_answer();
        ASSERT_TRUE(answer) << answer.error().message;
        const auto& completed = std::get<bridge::Completed>(*answer);
        ASSERT_EQ(completed.cookie, answers.size() + 1);
        answers.push_back(
            {completed.status, hash_of(clip, room, kernel->bytes(buffers[answers.size() % buffers.size()]))});
    };
    std::uint64_t previous = 0;
    for (std::size_t i = 0; i < clip.stream.frames.size() && !testing::Test::HasFatalFailure(); i++) {
        const vpx::Frame& frame = clip.stream.frames[i];
        v4l2_ctrl_vp8_frame vp8 = {};
        v4l2_ctrl_vp9_frame vp9 = {};
        vp8.flags = frame.intra ? V4L2_VP8_FRAME_FLAG_KEY_FRAME : 0;
        vp9.flags = frame.intra ? V4L2_VP9_FRAME_FLAG_KEY_FRAME : 0;
        vp8.last_frame_ts = vp8.golden_frame_ts = vp8.alt_frame_ts = previous;
        vp9.last_frame_ts = vp9.golden_frame_ts = vp9.alt_frame_ts = previous;
        previous = (i + 1) * 1000;
        const bool is_vp8 = !clip.stream.vp9;
        const bridge::StandInControl control = {
            .id = static_cast<std::uint32_t>(is_vp8 ? V4L2_CID_STATELESS_VP8_FRAME
                                                    : V4L2_CID_STATELESS_VP9_FRAME),
            .payload = is_vp8 ? std::as_bytes(std::span(&vp8, 1)) : std::as_bytes(std::span(&vp9, 1))};
        EXPECT_TRUE(kernel->send_decode(
            {.cookie = i + 1,
             .timestamp = previous,
             .buffer = buffers[i % buffers.size()],
             .queued = static_cast<std::uint32_t>(std::min(depth, clip.stream.frames.size() - i) - 1),
             .coded_width = clip.stream.width,
             .coded_height = clip.stream.height},
            {&control, 1}, frame.bytes));
        while (answers.size() + depth <= i + 1 && !testing::Test::HasFatalFailure())
            collect();
    }
    while (answers.size() < clip.stream.frames.size() && !testing::Test::HasFatalFailure())
        collect();
    kernel->close();
    const auto end = worker.finish();
    EXPECT_TRUE(end) << end.error().message;
    return answers;
}

void expect_truth(const VpxClip& clip) {
    ASSERT_FALSE(clip.stream.frames.empty());
    for (const auto& [threads, depth, room] :
         {std::tuple{1U, 1U, false}, {2U, 1U, false}, {4U, 6U, false}, {2U, 1U, true}, {4U, 6U, true}}) {
        const std::vector<Answered> answers = play(clip, threads, depth, room);
        ASSERT_EQ(answers.size(), clip.stream.frames.size());
        std::size_t shown = 0;
        for (std::size_t i = 0; i < answers.size(); i++) {
            EXPECT_EQ(answers[i].status, DAEDALUS_STATUS_OK) << "frame " << i;
            if (!clip.stream.frames[i].shown)
                continue;
            ASSERT_LT(shown, clip.truth.size());
            EXPECT_EQ(answers[i].hash, clip.truth[shown])
                << "frame " << i << ", " << threads << " threads" << (room ? ", in place" : "");
            shown++;
        }
        EXPECT_EQ(shown, clip.truth.size());
    }
}

TEST(Vpx, Vp8Clip) {
    expect_truth(
        make_clip("-f lavfi -i testsrc2=size=175x143:rate=25 -frames:v 40 -pix_fmt yuv420p -c:v libvpx "
                  "-b:v 300k -auto-alt-ref 1 -lag-in-frames 16 -threads 1 -cpu-used 4 -deadline good",
                  false));
}

TEST(Vpx, Vp9Clip) {
    const VpxClip clip = make_clip(
        "-f lavfi -i testsrc2=size=175x143:rate=25 -frames:v 40 -pix_fmt yuv420p -c:v "
        "libvpx-vp9 -b:v 300k -auto-alt-ref 1 -lag-in-frames 16 -threads 1 -cpu-used 2 -deadline good",
        false);
    expect_truth(clip);
}

TEST(Vpx, Vp9TenBitClip) {
    expect_truth(make_clip("-f lavfi -i testsrc2=size=130x70:rate=25 -frames:v 20 -pix_fmt yuv420p10le -c:v "
                           "libvpx-vp9 -profile:v 2 -b:v 300k -threads 1 -cpu-used 5 -deadline good",
                           true));
}

std::vector<std::string> vectors() {
    const char* set = std::getenv("DAEDALUS_VECTORS");
    std::vector<std::string> paths;
    std::error_code ignored;
    for (const char* suite : {"VP8-TEST-VECTORS", "VP9-TEST-VECTORS"})
        for (const auto& entry :
             fs::directory_iterator(fs::path(set ? set : DAEDALUS_DEFAULT_VECTORS) / suite, ignored)) {
            const std::string name = entry.path().filename().string();
            // Frames of other sizes need buffers of other sizes, and profiles 1 and 3 are not decoded.
            const bool resizes = name.find("resize") != std::string::npos || name.starts_with("vp91") ||
                                 name.starts_with("vp93") || name.find("svc") != std::string::npos ||
                                 name.find("intra-only") != std::string::npos; // begins without a key frame
            if ((name.ends_with(".ivf") || name.ends_with(".webm")) && !resizes &&
                entry.file_size() < 400'000)
                paths.push_back(entry.path().string());
        }
    std::ranges::sort(paths);
    return paths;
}

class VpxVectors : public testing::TestWithParam<std::string> {};

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(VpxVectors);

TEST_P(VpxVectors, DecodeAsWithFfmpeg) {
    const bool ten_bits = fs::path(GetParam()).filename().string().starts_with("vp92");
    const VpxClip clip = make_clip("-i '" + GetParam() + "' -c copy", ten_bits, GetParam());
    if (clip.sizes.size() > 1)
        GTEST_SKIP() << "frames of another size need buffers of another size";
    expect_truth(clip);
}

INSTANTIATE_TEST_SUITE_P(Worker, VpxVectors, testing::ValuesIn(vectors()), [](const auto& info) {
    std::string name = fs::path(info.param).stem().string();
    for (char& c : name)
        if (!std::isalnum(static_cast<unsigned char>(c)))
            c = '_';
    return name;
});

} // namespace
} // namespace daedalus::test
