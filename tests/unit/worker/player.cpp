// SPDX-License-Identifier: BSD-2-Clause
#include "worker/player.h"

#include "replay/journal_memory.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <stdexcept>

namespace daedalus::test {
namespace {

constexpr std::uint32_t max_message = 4U << 20;

void check(const util::Result<void>& result) {
    if (!result)
        throw std::runtime_error(result.error().message);
}

template <typename T>
bridge::StandInControl control(std::uint32_t id, const T& value) {
    return {.id = id, .payload = std::as_bytes(std::span(&value, 1))};
}

bridge::StandInKernel make_kernel(util::UniqueFd& worker_end) {
    auto kernel = bridge::StandInKernel::create(worker_end);
    if (!kernel)
        throw std::runtime_error(kernel.error().message);
    return std::move(*kernel);
}

} // namespace

Player::Player(const Clip& clip, const PlayerOptions& options)
    : clip_(clip), options_(options), kernel_(make_kernel(worker_end_)),
      coded_width_(clip.stream.frames.at(0).coded_width),
      coded_height_(clip.stream.frames.at(0).coded_height) {
    const h264::Frame& frame = clip.stream.frames.at(0);
    const std::uint32_t format = options.pixelformat != 0 ? options.pixelformat
                                 : frame.bit_depth > 8    ? V4L2_PIX_FMT_P010
                                                          : V4L2_PIX_FMT_NV12;
    layout_ = options.room ? make_roomy_layout(format, coded_width_, coded_height_)
                           : make_layout(format, coded_width_, coded_height_, options.padding);
    replace_buffers();

    last_use_.resize(clip.stream.frames.size());
    for (std::size_t i = 0; i < clip.stream.pictures.size(); i++) {
        const h264::Picture& picture = clip.stream.pictures[i];
        last_use_[picture.frame] = i;
        for (const std::uint32_t reference : picture.references)
            if (reference != h264::no_frame)
                last_use_[reference] = i;
    }
    if (options.journal_bytes != 0) {
        auto made = replay::JournalMemory::create(options.journal_bytes);
        if (!made)
            throw std::runtime_error(made.error().message);
        journal_ = std::move(*made);
    }
    start_worker();
}

void Player::start_worker() {
    check(kernel_.send_format(DAEDALUS_CODEC_H264, coded_width_, coded_height_, layout_, max_message));
    const WorkerProcess::Options worker = {.decoder = {.threads = options_.threads,
                                                       .max_width = options_.max_width,
                                                       .max_height = options_.max_height,
                                                       .memory_limit = options_.picture_memory},
                                           .limits = options_.limits,
                                           .memory_bytes = options_.memory_bytes,
                                           .journal = journal_.get(),
                                           .page = page_.fd(),
                                           .gpu = options_.gpu};
    worker_ = std::make_unique<WorkerProcess>(std::move(worker_end_), worker);
}

void Player::replace_worker() {
    worker_.reset();
    check(kernel_.replace_worker(worker_end_));
    start_worker();
    for (std::size_t i = kernel_.waiting_answers(); i < pending_.size(); i++) {
        Pending& job = pending_[i];
        job.attempt++;
        h264::Picture picture = clip_.stream.pictures[job.picture];
        h264::name_references(picture, h264::microsecond_counter);
        send_request(job, picture, static_cast<std::uint32_t>(pending_.size() - i - 1));
    }
}

Player::~Player() {
    if (worker_)
        (void)finish();
}

util::Result<worker::End> Player::finish() {
    kernel_.close();
    auto end = worker_->finish();
    worker_.reset();
    return end;
}

void Player::replace_buffers() {
    for (const std::uint64_t buffer : all_) {
        kernel_.remove_buffer(buffer);
        check(kernel_.send_retire(buffer));
    }
    frame_buffer_.clear();
    buffer_frame_.clear();
    add_buffers();
}

void Player::use_layout(const daedalus_picture_layout& layout) {
    layout_ = layout;
    add_buffers();
}

void Player::add_buffers() {
    all_.clear();
    for (unsigned i = 0; i < options_.buffers; i++) {
        const auto buffer = kernel_.add_buffer(layout_);
        if (!buffer)
            throw std::runtime_error(buffer.error().message);
        all_.push_back(*buffer);
    }
}

/// The buffer of the frame, or one whose frame no later picture needs.
std::uint64_t Player::choose_buffer(std::size_t picture_index) {
    const h264::Picture& picture = clip_.stream.pictures[picture_index];
    if (const auto found = frame_buffer_.find(picture.frame);
        found != frame_buffer_.end() && picture.second_field)
        return found->second;
    for (std::size_t i = 0; i < all_.size(); i++) {
        const std::uint64_t buffer = all_[(picture_index + i) % all_.size()];
        const bool busy =
            std::ranges::any_of(pending_, [&](const Pending& job) { return job.buffer == buffer; });
        const auto holds = buffer_frame_.find(buffer);
        if (busy || (holds != buffer_frame_.end() && last_use_[holds->second] >= picture_index &&
                     holds->second != picture.frame))
            continue;
        if (holds != buffer_frame_.end())
            frame_buffer_.erase(holds->second);
        buffer_frame_[buffer] = picture.frame;
        frame_buffer_[picture.frame] = buffer;
        return buffer;
    }
    throw std::runtime_error("too few CAPTURE buffers for this clip");
}

void Player::send(std::size_t index, const std::function<void(h264::Picture&)>& damage,
                  std::uint32_t queued) {
    h264::Picture picture = clip_.stream.pictures[index];
    h264::name_references(picture, h264::microsecond_counter);
    if (damage)
        damage(picture);
    const std::uint64_t buffer = choose_buffer(index);
    const std::uint64_t cookie = (std::uint64_t{epoch_} << 32) | next_cookie_++;
    std::uint32_t flags = 0;
    if (picture.hold_capture())
        flags |= DAEDALUS_DECODE_HOLD;
    if (picture.second_field)
        flags |= DAEDALUS_DECODE_HELD;
    pending_.push_back({cookie, picture.frame, buffer, !picture.hold_capture(), index, flags, 0});
    send_request(pending_.back(), picture, queued);
}

void Player::send_request(const Pending& job, const h264::Picture& picture, std::uint32_t queued) {
    std::vector<bridge::StandInControl> controls = {
        control(V4L2_CID_STATELESS_H264_SPS, picture.sps),
        control(V4L2_CID_STATELESS_H264_PPS, picture.pps),
        control(V4L2_CID_STATELESS_H264_DECODE_PARAMS, picture.decode_params),
    };
    if (picture.scaling_matrix_present)
        controls.push_back(control(V4L2_CID_STATELESS_H264_SCALING_MATRIX, picture.scaling_matrix));
    check(kernel_.send_decode({.cookie = job.cookie,
                               .timestamp = h264::microsecond_counter(job.frame),
                               .buffer = job.buffer,
                               .flags = job.flags,
                               .queued = queued,
                               .coded_width = coded_width_,
                               .coded_height = coded_height_,
                               .attempt = job.attempt},
                              controls, std::as_bytes(std::span(picture.bitstream))));
}

Played Player::take_answer() {
    const auto answer = kernel_.next_answer();
    if (!answer)
        throw std::runtime_error(answer.error().message);
    const auto* completed = std::get_if<bridge::Completed>(&*answer);
    if (!completed || pending_.empty() || completed->cookie != pending_.front().cookie)
        throw std::runtime_error("the worker answered something else than the oldest request");
    const Pending job = pending_.front();
    pending_.pop_front();
    return {.frame = job.frame,
            .answer = *completed,
            .pixels = crop(job.buffer, job.frame),
            .path = statistics::snapshot(page_, statistics::monotonic_ns()).pixel_path};
}

void Player::play(std::size_t first, std::size_t last, unsigned depth, std::vector<Played>& played,
                  const std::function<void(h264::Picture&)>& damage) {
    const auto collect = [&] {
        const bool show = pending_.front().show;
        Played frame = take_answer();
        if (show)
            played.push_back(std::move(frame));
    };
    for (std::size_t i = first; i < last; i++) {
        const auto behind = static_cast<std::uint32_t>(std::min<std::size_t>(depth, last - i) - 1);
        send(i, damage, behind);
        while (pending_.size() >= depth)
            collect();
    }
    while (!pending_.empty())
        collect();
}

std::uint64_t Player::play_alone(std::size_t index) {
    send(index, {}, 0);
    const std::uint64_t buffer = pending_.front().buffer;
    (void)take_answer();
    return buffer;
}

Played Player::play_bytes(const h264::Picture& picture, std::span<const std::byte> bitstream) {
    const std::uint64_t buffer = all_.front();
    const std::uint64_t cookie = (std::uint64_t{epoch_} << 32) | next_cookie_++;
    const std::vector<bridge::StandInControl> controls = {
        control(V4L2_CID_STATELESS_H264_SPS, picture.sps),
        control(V4L2_CID_STATELESS_H264_PPS, picture.pps),
        control(V4L2_CID_STATELESS_H264_DECODE_PARAMS, picture.decode_params),
    };
    pending_.push_back({cookie, picture.frame, buffer, true, 0, 0, 0});
    check(kernel_.send_decode({.cookie = cookie,
                               .timestamp = h264::microsecond_counter(picture.frame),
                               .buffer = buffer,
                               .flags = 0,
                               .queued = 0,
                               .coded_width = coded_width_,
                               .coded_height = coded_height_},
                              controls, bitstream));
    return take_answer();
}

std::uint32_t Player::flush() {
    epoch_++;
    pending_.clear();
    check(kernel_.send_flush(epoch_));
    for (;;) {
        const auto answer = kernel_.next_answer();
        if (!answer)
            throw std::runtime_error(answer.error().message);
        // Answers to jobs of the old epoch may still be on their way.
        if (const auto* flushed = std::get_if<bridge::Flushed>(&*answer))
            return flushed->epoch;
    }
}

std::vector<std::uint8_t> Player::crop(std::uint64_t buffer, std::uint32_t frame) {
    const h264::Frame& shape = clip_.stream.frames.at(frame);
    const std::size_t sample = shape.bit_depth > 8 ? 2 : 1;
    const std::size_t luma = std::size_t{layout_.bytesperline} * layout_.height;
    std::vector<std::uint8_t> out;
    const auto copy = [&](const std::uint8_t* from, std::size_t bytes, bool msb) {
        if (!msb) {
            out.insert(out.end(), from, from + bytes);
            return;
        }
        for (std::size_t i = 0; i < bytes; i += 2) {
            const unsigned value = (from[i] | from[i + 1] << 8) >> 6;
            out.push_back(static_cast<std::uint8_t>(value));
            out.push_back(static_cast<std::uint8_t>(value >> 8));
        }
    };
    const std::uint8_t* base = kernel_.bytes(buffer).data();
    const auto& crop_area = shape.crop;
    for (std::size_t y = 0; y < crop_area.height; y++)
        copy(base + (crop_area.top + y) * layout_.bytesperline + crop_area.left * sample,
             crop_area.width * sample, sample == 2);
    const std::size_t chroma_width = (crop_area.width + 1) / 2, chroma_height = (crop_area.height + 1) / 2;
    for (std::size_t plane = 0; plane < 2; plane++) {
        for (std::size_t y = 0; y < chroma_height; y++) {
            const std::size_t line = crop_area.top / 2 + y, column = crop_area.left / 2;
            if (layout_.pixelformat == V4L2_PIX_FMT_YUV420M) {
                copy(kernel_.bytes(buffer, static_cast<std::uint32_t>(plane + 1)).data() +
                         line * (layout_.bytesperline / 2) + column,
                     chroma_width, false);
            } else if (layout_.pixelformat == V4L2_PIX_FMT_YUV420) {
                copy(base + luma + plane * luma / 4 + line * (layout_.bytesperline / 2) + column,
                     chroma_width, false);
            } else {
                const std::uint8_t* row = base + luma + line * layout_.bytesperline;
                for (std::size_t x = 0; x < chroma_width; x++)
                    copy(row + ((column + x) * 2 + plane) * sample, sample, sample == 2);
            }
        }
    }
    return out;
}

} // namespace daedalus::test
