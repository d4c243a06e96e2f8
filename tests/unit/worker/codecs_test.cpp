// SPDX-License-Identifier: BSD-2-Clause
// MPEG-2 and AV1 through a worker in its sandbox, against ffmpeg.
#include "bridge/stand_in_kernel.h"
#include "replay/journal_memory.h"
#include "support/md5.h"
#include "support/mpeg2/stream.h"
#include "support/owned_control.h"
#include "support/worker/worker_process.h"
#ifdef DAEDALUS_HAVE_AV1
#include "support/av1/stream.h"
#include "support/ivf.h"
#endif

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace daedalus::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t width = 192;
constexpr std::uint32_t height = 128;

struct Request {
    std::vector<OwnedControl> controls;
    std::vector<std::uint8_t> bitstream;
    std::uint64_t timestamp = 0;
};

/// What a stream does in the order of what it shows: a request that is shown or not, or a picture that was
/// decoded before.
struct Event {
    std::optional<Request> request;
    bool shown = true;
};

/// A clip of ffmpeg's, and the hashes of its own decode.
class Clip {
  public:
    Clip(const std::string& encoder, const std::string& name) {
        std::string directory = (fs::temp_directory_path() / "daedalus-codecs-XXXXXX").string();
        if (!mkdtemp(directory.data()))
            throw std::runtime_error("cannot make a directory for clips");
        directory_ = directory;
        path_ = directory_ / name;
        made_ =
            run("-f lavfi -i testsrc2=size=" + std::to_string(width) + "x" + std::to_string(height) +
                ":rate=25 -frames:v 25 -pix_fmt yuv420p " + encoder + " " + path_.string()) &&
            run("-i " + path_.string() + " -fps_mode passthrough -f framemd5 " + (path_.string() + ".md5"));
    }
    ~Clip() { fs::remove_all(directory_); }
    Clip(const Clip&) = delete;
    Clip& operator=(const Clip&) = delete;

    [[nodiscard]] bool made() const { return made_; }
    [[nodiscard]] std::string path() const { return path_.string(); }
    [[nodiscard]] std::vector<std::uint8_t> bytes() const {
        std::ifstream file(path_, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    [[nodiscard]] std::vector<std::string> truth() const {
        std::vector<std::string> hashes;
        std::ifstream lines(path_.string() + ".md5");
        for (std::string line; std::getline(lines, line);)
            if (!line.starts_with('#'))
                hashes.push_back(line.substr(line.rfind(' ') + 1));
        return hashes;
    }

  private:
    static bool run(const std::string& arguments) {
        return std::system(("ffmpeg -nostdin -v error -y " + arguments).c_str()) == 0;
    }

    fs::path directory_;
    fs::path path_;
    bool made_ = false;
};

/// Plays the events through a worker, one request at a time; returns the hashes of what is shown, none for
/// pictures that are shown again. After each `lifetime` requests the worker is killed, and another goes on.
std::vector<std::optional<std::string>> play(daedalus_codec codec, unsigned threads,
                                             std::span<const Event> events, unsigned lifetime) {
    util::UniqueFd worker_end;
    auto kernel = bridge::StandInKernel::create(worker_end);
    const auto journal = replay::JournalMemory::create(1U << 20);
    const WorkerProcess::Options options = {.decoder = {.threads = threads}, .journal = journal->get()};
    std::optional<WorkerProcess> worker;
    worker.emplace(std::move(worker_end), options);
    daedalus_picture_layout layout = {};
    layout.pixelformat = V4L2_PIX_FMT_YUV420;
    layout.width = layout.bytesperline = width;
    layout.height = height;
    layout.planes = 1;
    layout.sizeimage[0] = width * height * 3 / 2;
    EXPECT_TRUE(kernel->send_format(codec, width, height, layout, 4U << 20));
    std::vector<std::optional<std::string>> shown;
    std::uint64_t cookie = 0;
    for (const Event& event : events) {
        if (!event.request) {
            shown.emplace_back();
            continue;
        }
        if (cookie != 0 && cookie % lifetime == 0) {
            worker.reset();
            EXPECT_TRUE(kernel->replace_worker(worker_end));
            worker.emplace(std::move(worker_end), options);
            EXPECT_TRUE(kernel->send_format(codec, width, height, layout, 4U << 20));
        }
        // A new one each time: references are known by their buffers, too.
        const auto buffer = kernel->add_buffer(layout);
        std::vector<bridge::StandInControl> controls;
        for (const OwnedControl& owned : event.request->controls)
            controls.push_back({.id = owned.id, .payload = owned.payload, .elems = owned.elems});
        EXPECT_TRUE(kernel->send_decode({.cookie = ++cookie,
                                         .timestamp = event.request->timestamp,
                                         .buffer = *buffer,
                                         .coded_width = width,
                                         .coded_height = height},
                                        controls, std::as_bytes(std::span(event.request->bitstream))));
        const auto answer = kernel->next_answer();
        if (!answer) {
            ADD_FAILURE() << answer.error().message << " at request " << cookie;
            break;
        }
        EXPECT_EQ(std::get<bridge::Completed>(*answer).status, DAEDALUS_STATUS_OK) << "request " << cookie;
        if (event.shown)
            shown.emplace_back(md5(kernel->bytes(*buffer)));
    }
    kernel->close();
    const auto end = worker->finish();
    EXPECT_TRUE(end) << end.error().message;
    return shown;
}

void expect_truth(daedalus_codec codec, std::span<const Event> events,
                  const std::vector<std::string>& truth) {
    for (const auto& [threads, lifetime] : {std::pair{1U, 1000U}, {4U, 1000U}, {1U, 5U}, {4U, 3U}}) {
        const auto shown = play(codec, threads, events, lifetime);
        ASSERT_EQ(shown.size(), truth.size()) << threads << " threads";
        for (std::size_t i = 0; i < truth.size(); i++)
            EXPECT_EQ(shown[i].value_or(truth[i]), truth[i])
                << "picture " << i << ", " << threads << " threads, workers of " << lifetime << " pictures";
    }
}

TEST(Codecs, Mpeg2) {
    // Without B frames: pictures come in the order of their decoding.
    const Clip clip("-c:v mpeg2video -b:v 600k -bf 0 -g 12 -f mpeg2video", "clip.m2v");
    ASSERT_TRUE(clip.made());
    const auto pictures = mpeg2::parse_stream(clip.bytes());
    ASSERT_TRUE(pictures) << pictures.error();
    std::vector<Event> events;
    for (const mpeg2::Picture& picture : *pictures)
        events.push_back(
            {.request = Request{
                 .controls = {OwnedControl::of(V4L2_CID_STATELESS_MPEG2_SEQUENCE, picture.sequence),
                              OwnedControl::of(V4L2_CID_STATELESS_MPEG2_PICTURE, picture.picture),
                              OwnedControl::of(V4L2_CID_STATELESS_MPEG2_QUANTISATION, picture.quantisation)},
                 .bitstream = picture.bitstream,
                 .timestamp = picture.timestamp}});
    expect_truth(DAEDALUS_CODEC_MPEG2, events, clip.truth());
}

#ifdef DAEDALUS_HAVE_AV1
TEST(Codecs, Av1) {
    const Clip clip("-c:v libaom-av1 -cpu-used 8 -usage realtime -b:v 300k -g 12", "clip.ivf");
    if (!clip.made())
        GTEST_SKIP() << "this ffmpeg has no libaom";
    const auto ivf = read_ivf(clip.path());
    ASSERT_TRUE(ivf) << ivf.error();
    av1::StreamParser parser;
    std::vector<Event> events;
    for (const auto& unit : ivf->packets) {
        const auto parsed = parser.parse(unit);
        ASSERT_TRUE(parsed) << parsed.error();
        for (const av1::Event& event : *parsed) {
            if (!event.request) {
                events.emplace_back();
                continue;
            }
            const av1::Request& request = *event.request;
            events.push_back(
                {.request =
                     Request{
                         .controls = {OwnedControl::of(V4L2_CID_STATELESS_AV1_SEQUENCE, request.sequence),
                                      OwnedControl::of(V4L2_CID_STATELESS_AV1_FRAME, request.frame),
                                      OwnedControl::of_array(
                                          V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY,
                                          std::span<const v4l2_ctrl_av1_tile_group_entry>(request.tiles))},
                         .bitstream = request.bitstream,
                         .timestamp = request.timestamp},
                 .shown = (request.frame.flags & V4L2_AV1_FRAME_FLAG_SHOW_FRAME) != 0});
        }
    }
    expect_truth(DAEDALUS_CODEC_AV1, events, clip.truth());
}
#endif

} // namespace
} // namespace daedalus::test
