// SPDX-License-Identifier: BSD-2-Clause
#include "bench/decode_load.h"

#include "bench/check.h"
#include "support/worker/capture_layout.h"

#include <linux/videodev2.h>

#include <algorithm>

namespace daedalus::bench {
namespace {

constexpr std::uint32_t max_message = 16U << 20;
/// Free buffers that a client has besides: those of the pictures that it shows.
constexpr std::size_t spare_buffers = 2;

} // namespace

DecodeLoad::DecodeLoad(const DecodeLoadOptions& options)
    : options_(options), page_(check(statistics::WorkerPage::create())),
      journal_fd_(options.journal_bytes > 0 ? check(replay::JournalMemory::create(options.journal_bytes))
                                            : util::UniqueFd()),
      kernel_(check(bridge::StandInKernel::create(worker_end_))),
      worker_(std::move(worker_end_), {.decoder = {.threads = options.threads},
                                       .limits = {},
                                       .memory_bytes = 0,
                                       .journal = journal_fd_.get(),
                                       .page = page_.fd()}) {
    if (journal_fd_)
        journal_.emplace(check(replay::JournalMemory::map(journal_fd_)));
}

DecodeLoad::~DecodeLoad() {
    kernel_.close();
}

void DecodeLoad::open(const Clip& clip) {
    clip_ = &clip;
    layout_ = options_.planar ? test::make_roomy_layout(V4L2_PIX_FMT_YUV420, clip.width, clip.height)
                              : test::make_layout(V4L2_PIX_FMT_NV12, clip.width, clip.height, 0);
    check(kernel_.send_format(clip.codec, clip.width, clip.height, layout_, max_message));
}

std::uint64_t DecodeLoad::take_buffer() {
    std::erase_if(answered_jobs_, [this](const Sent& job) {
        const bool free = job.last_use < sent_;
        if (free)
            free_.push_back(job.buffer);
        return free;
    });
    if (free_.size() <= spare_buffers)
        return check(kernel_.add_buffer(layout_));
    const std::uint64_t buffer = free_.front();
    free_.pop_front();
    return buffer;
}

void DecodeLoad::send(std::uint32_t queued) {
    const std::size_t index = sent_ % clip_->requests.size();
    const Request& request = clip_->requests[index];
    const std::uint64_t buffer = take_buffer();
    std::vector<bridge::StandInControl> controls;
    controls.reserve(request.controls.size());
    for (const test::OwnedControl& control : request.controls)
        controls.push_back({.id = control.id, .payload = control.payload, .elems = control.elems});
    open_jobs_.push_back(
        {.buffer = buffer, .last_use = sent_ - index + request.last_use, .at = Clock::now()});
    check(kernel_.send_decode({.cookie = sent_ + 1,
                               .timestamp = request.timestamp,
                               .buffer = buffer,
                               .flags = 0,
                               .queued = queued,
                               .coded_width = clip_->width,
                               .coded_height = clip_->height},
                              controls, request.bitstream));
    sent_++;
}

DecodeLoad::Clock::duration DecodeLoad::take_answer() {
    const auto answer = check(kernel_.next_answer());
    const auto* completed = std::get_if<bridge::Completed>(&answer);
    if (completed == nullptr || completed->cookie != answered_ + 1)
        throw std::runtime_error("the worker answered something else than the oldest request");
    if (completed->status != DAEDALUS_STATUS_OK)
        throw std::runtime_error("picture " + std::to_string(completed->cookie) + " came back with status " +
                                 std::to_string(completed->status));
    ++answered_;
    const Sent job = open_jobs_.front();
    open_jobs_.pop_front();
    answered_jobs_.push_back(job);
    return Clock::now() - job.at;
}

std::uint64_t DecodeLoad::run_until(Clock::time_point end) {
    const std::uint64_t before = answered_;
    while (Clock::now() < end) {
        while (sent_ - answered_ < options_.depth)
            send(options_.depth - 1);
        take_answer();
    }
    return answered_ - before;
}

void DecodeLoad::run_rounds(unsigned rounds, std::vector<Clock::duration>* times) {
    const std::uint64_t last = sent_ + (std::uint64_t{rounds} * clip_->requests.size());
    while (answered_ < last) {
        while (sent_ < last && sent_ - answered_ < options_.depth)
            send(static_cast<std::uint32_t>(std::min<std::uint64_t>(options_.depth, last - sent_) - 1));
        const auto took = take_answer();
        if (times != nullptr)
            times->push_back(took);
    }
}

} // namespace daedalus::bench
