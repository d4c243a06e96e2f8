// SPDX-License-Identifier: BSD-2-Clause
#include "bench/decode_load.h"

#include "bench/check.h"
#include "bridge/socket_channel.h"
#include "decoder/decoder.h"
#include "statistics/recorder.h"
#include "worker/session_worker.h"

#include <linux/videodev2.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

namespace daedalus::bench {
namespace {

constexpr std::uint32_t max_message = 16U << 20;
/// Each is written to again only when no picture refers to what it held; H.264 has 16 references.
constexpr std::size_t capture_buffers = 40;

test::h264::Stream read_clip(const std::string& path) {
    auto stream = test::h264::read_stream(path);
    if (!stream || stream->pictures.empty())
        throw std::runtime_error(path + ": " + (stream ? "no picture" : stream.error()));
    return std::move(*stream);
}

daedalus_picture_layout nv12_layout(const test::h264::Frame& frame) {
    daedalus_picture_layout layout = {};
    layout.pixelformat = V4L2_PIX_FMT_NV12;
    layout.width = layout.bytesperline = frame.coded_width;
    layout.height = frame.coded_height;
    layout.planes = 1;
    layout.sizeimage[0] = frame.coded_width * frame.coded_height * 3 / 2;
    return layout;
}

template <typename T>
bridge::StandInControl control(std::uint32_t id, const T& value) {
    return {.id = id, .payload = std::as_bytes(std::span(&value, 1))};
}

/// What daedalus-worker does between its sandbox and its end. Runs in the child.
util::Result<worker::End> serve(util::UniqueFd socket, util::UniqueFd page_fd, unsigned threads) {
    auto page = statistics::WorkerPage::map(std::move(page_fd), statistics::WorkerPage::Access::write);
    if (!page)
        return std::unexpected(std::move(page.error()));
    bridge::SocketChannel channel(std::move(socket));
    statistics::Recorder recorder(*page);
    worker::SessionWorker session(channel, recorder, {});
    const auto started = session.start([&](const bridge::FormatMessage& format) {
        auto decoder = decoder::make_decoder(format.codec, {.threads = threads});
        if (decoder)
            recorder.set_threads((*decoder)->threads());
        return decoder;
    });
    if (!started)
        return std::unexpected(started.error());
    return *started ? **started : session.run();
}

} // namespace

DecodeLoad::DecodeLoad(const DecodeLoadOptions& options)
    : stream_(read_clip(options.clip)), depth_(options.depth), page_(check(statistics::WorkerPage::create())),
      kernel_([&] {
          util::UniqueFd worker_end;
          auto kernel = check(bridge::StandInKernel::create(worker_end));
          start_worker(std::move(worker_end), options.threads);
          return kernel;
      }()) {
    const test::h264::Frame& frame = stream_.frames.front();
    const daedalus_picture_layout layout = nv12_layout(frame);
    for (std::size_t i = 0; i < capture_buffers; i++)
        buffers_.push_back(check(kernel_.add_buffer(layout)));
    check(
        kernel_.send_format(DAEDALUS_CODEC_H264, frame.coded_width, frame.coded_height, layout, max_message));
}

DecodeLoad::~DecodeLoad() {
    kernel_.close();
    kill(worker_, SIGKILL);
    waitpid(worker_, nullptr, 0);
}

void DecodeLoad::start_worker(util::UniqueFd socket, unsigned threads) {
    util::UniqueFd page_fd(dup(page_.fd()));
    worker_ = fork();
    if (worker_ < 0)
        throw std::runtime_error("cannot fork");
    if (worker_ > 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto end = serve(std::move(socket), std::move(page_fd), threads);
    if (!end)
        std::fprintf(stderr, "worker: %s\n", end.error().message.c_str());
    _exit(end ? EXIT_SUCCESS : EXIT_FAILURE);
}

void DecodeLoad::send() {
    test::h264::Picture& picture = stream_.pictures[next_picture_];
    const auto timestamp_of = [this](std::uint32_t frame) {
        return test::h264::microsecond_counter((round_ * static_cast<std::uint32_t>(stream_.frames.size())) +
                                               frame + 1);
    };
    test::h264::name_references(picture, timestamp_of);
    std::vector<bridge::StandInControl> controls = {
        control(V4L2_CID_STATELESS_H264_SPS, picture.sps),
        control(V4L2_CID_STATELESS_H264_PPS, picture.pps),
        control(V4L2_CID_STATELESS_H264_DECODE_PARAMS, picture.decode_params),
    };
    if (picture.scaling_matrix_present)
        controls.push_back(control(V4L2_CID_STATELESS_H264_SCALING_MATRIX, picture.scaling_matrix));
    const test::h264::Frame& frame = stream_.frames[picture.frame];
    check(kernel_.send_decode({.cookie = ++sent_,
                               .timestamp = timestamp_of(picture.frame),
                               .buffer = buffers_[sent_ % buffers_.size()],
                               .flags = 0,
                               .queued = depth_ - 1,
                               .coded_width = frame.coded_width,
                               .coded_height = frame.coded_height},
                              controls, std::as_bytes(std::span(picture.bitstream))));
    if (++next_picture_ == stream_.pictures.size()) {
        next_picture_ = 0;
        ++round_;
    }
}

void DecodeLoad::take_answer() {
    const auto answer = check(kernel_.next_answer());
    const auto* completed = std::get_if<bridge::Completed>(&answer);
    if (completed == nullptr || completed->cookie != answered_ + 1)
        throw std::runtime_error("the worker answered something else than the oldest request");
    if (completed->status != DAEDALUS_STATUS_OK)
        throw std::runtime_error("picture " + std::to_string(completed->cookie) + " came back with status " +
                                 std::to_string(completed->status));
    ++answered_;
}

std::uint64_t DecodeLoad::run_until(Clock::time_point end) {
    const std::uint64_t before = answered_;
    while (Clock::now() < end) {
        while (sent_ - answered_ < depth_)
            send();
        take_answer();
    }
    return answered_ - before;
}

} // namespace daedalus::bench
