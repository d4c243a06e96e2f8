// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/worker/scripted_kernel.h"

#include "bridge/message_parser.h"
#include "bridge/message_writer.h"
#include "fuzz/request_input.h"

#include <linux/videodev2.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace daedalus::fuzz {
namespace {

constexpr unsigned longest_patience = 4; // of pauses: that many reads find a worker with something left to do
constexpr std::uint32_t usual_max_message = 4096; // small, so that reads are often too small
constexpr std::uint32_t coded_size = 64;

template <typename T>
std::vector<std::byte> bytes_of(const T& message) {
    const auto bytes = std::as_bytes(std::span(&message, 1));
    return {bytes.begin(), bytes.end()};
}

template <typename T>
T empty_message(std::uint32_t type) {
    T message = {};
    message.header = {type, sizeof(T)};
    return message;
}

/// As daedalus_stream_valid() of the module.
bool is_valid(const daedalus_stream& stream) {
    constexpr std::uint32_t longest_side = 8192, longest_aspect = 65535;
    return stream.coded_width >= stream.width && stream.coded_height >= stream.height &&
           stream.coded_width <= 2 * longest_side && stream.coded_height <= 2 * longest_side &&
           stream.width >= 1 && stream.width <= longest_side && stream.height >= 1 &&
           stream.height <= longest_side && (stream.bit_depth == 8 || stream.bit_depth == 10) &&
           stream.colorspace != 0 && stream.colorspace <= V4L2_COLORSPACE_DCI_P3 &&
           stream.xfer_func <= V4L2_XFER_FUNC_SMPTE2084 && stream.ycbcr_enc <= V4L2_YCBCR_ENC_SMPTE240M &&
           stream.quantization <= V4L2_QUANTIZATION_LIM_RANGE && stream.pixel_width >= 1 &&
           stream.pixel_width <= longest_aspect && stream.pixel_height >= 1 &&
           stream.pixel_height <= longest_aspect &&
           std::ranges::all_of(stream.reserved32, [](std::uint32_t word) { return word == 0; });
}

} // namespace

Settings::Settings(std::span<const std::uint8_t> input) {
    FuzzInput bytes(input.data(), input.size());
    const auto first = bytes.take<std::uint8_t>(), second = bytes.take<std::uint8_t>();
    codec = static_cast<daedalus_codec>((first & 7) % DAEDALUS_CODEC_COUNT);
    kind = (first & 8) != 0 ? DAEDALUS_SESSION_STATEFUL : DAEDALUS_SESSION_STATELESS;
    threads = (first & 0x10) != 0 ? 2 : 1;
    journal = (first & 0x20) != 0;
    most_together = 1 + (first >> 6);
    format = second;
}

ScriptedKernel::ScriptedKernel(const Settings& settings, std::vector<Step> steps, int journal)
    : most_together_(settings.most_together), journal_(journal), codec_(settings.codec), kind_(settings.kind),
      steps_(steps.begin(), steps.end()), buffers_(settings.format), readable_(eventfd(1, EFD_CLOEXEC)),
      silent_(eventfd(0, EFD_CLOEXEC)) {
    require(readable_.valid() && silent_.valid());
}

ScriptedKernel::Outgoing ScriptedKernel::make_format() const {
    auto message = empty_message<daedalus_msg_format>(DAEDALUS_MSG_FORMAT);
    message.codec = codec_;
    message.kind = kind_;
    message.max_message = usual_max_message;
    message.coded_width = message.coded_height = coded_size;
    message.capture = buffers_.layout(0);
    return {.bytes = bytes_of(message), .alone = true};
}

bool ScriptedKernel::begin_worker() {
    if (steps_.empty() && queue_.empty())
        return false;
    take_back();
    queue_.push_front(make_format());
    dead_ = false;
    lied_ = false;
    patience_ = 0;
    return true;
}

void ScriptedKernel::take_back() {
    // A worker that has read nothing has nothing to flush.
    for (const Outgoing& message : queue_) {
        if ((message.flush & DAEDALUS_FLUSH_INPUT) != 0)
            unanswered_.clear();
        if ((message.flush & DAEDALUS_FLUSH_CAPTURE) != 0)
            offers_.clear();
    }
    std::erase_if(queue_, [](const Outgoing& message) { return message.flush != 0; });
    unanswered_flush_.reset();

    std::deque<Outgoing> again;
    for (const auto& [cookie, buffer] : offers_)
        for (unsigned slot = 0; slot < CaptureBuffers::slots; slot++)
            if (buffers_.id(slot) == buffer)
                again.push_back(make_offer(cookie, slot, 0));
    offers_.clear();
    const std::size_t at =
        stateful() ? offsetof(daedalus_msg_input, attempt) : offsetof(daedalus_msg_decode, attempt);
    for (auto& [cookie, bytes] : unanswered_) {
        constexpr std::uint32_t attempt = 1;
        if (attempts_[cookie]++ > 0)
            continue; // two workers are enough
        if (!drains_.contains(cookie) && bytes.size() >= at + sizeof(attempt))
            std::memcpy(bytes.data() + at, &attempt, sizeof(attempt));
        again.push_back({.bytes = std::move(bytes), .cookie = cookie, .alone = true});
    }
    unanswered_.clear();
    queue_.insert(queue_.begin(), std::make_move_iterator(again.begin()),
                  std::make_move_iterator(again.end()));
}

bool ScriptedKernel::pauses_next() const {
    return !dead_ && queue_.empty() && !steps_.empty() && steps_.front().kind == StepKind::pause;
}

int ScriptedKernel::poll_fd() const {
    return (pauses_next() ? silent_ : readable_).get();
}

void ScriptedKernel::deliver(Outgoing& message) {
    lied_ = lied_ || message.lie;
    if ((message.flush & DAEDALUS_FLUSH_INPUT) != 0)
        unanswered_.clear();
    if ((message.flush & DAEDALUS_FLUSH_CAPTURE) != 0)
        offers_.clear();
    if (message.flush != 0)
        unanswered_flush_ = epoch_;
    if (message.buffer != 0)
        offers_[message.cookie] = message.buffer;
    else if (message.cookie != 0 && !message.lie)
        unanswered_[message.cookie] = std::move(message.bytes);
}

util::Result<bridge::ReadOutcome> ScriptedKernel::read(std::span<std::byte> buffer) {
    // FLUSH is answered before anything else is read.
    require(!unanswered_flush_);
    std::size_t size = 0;
    for (std::size_t count = 0; count < most_together_; count++) {
        while (queue_.empty() && advance()) {
        }
        if (queue_.empty() || (count > 0 && queue_.front().alone))
            break;
        Outgoing message = std::move(queue_.front());
        if (message.bytes.size() > buffer.size() - size) {
            queue_.front() = std::move(message);
            if (size == 0)
                return bridge::ReadOutcome{bridge::ReadState::too_small, 0};
            break;
        }
        queue_.pop_front();
        std::ranges::copy(message.bytes, buffer.begin() + static_cast<std::ptrdiff_t>(size));
        size += message.bytes.size();
        deliver(message);
        if (message.alone)
            break;
    }
    if (size > 0)
        return bridge::ReadOutcome{bridge::ReadState::data, size};
    return bridge::ReadOutcome{dead_ ? bridge::ReadState::closed : bridge::ReadState::nothing, 0};
}

bool ScriptedKernel::advance() {
    if (dead_ || steps_.empty()) {
        dead_ = true;
        return false;
    }
    const Step step = steps_.front();
    if (pauses_next()) {
        // A worker that has nothing to do has answered all that it was given, or it soon will.
        if (!stateful() && !lied_ && !unanswered_.empty()) {
            require(++patience_ < longest_patience);
            return false;
        }
        steps_.pop_front();
        patience_ = 0;
        return false;
    }
    steps_.pop_front();
    patience_ = 0;
    FuzzInput input(step.bytes.data(), step.bytes.size());
    run_step(step.kind, input);
    return !dead_;
}

void ScriptedKernel::run_step(StepKind kind, FuzzInput& input) {
    switch (kind) {
    case StepKind::decode:
        return queue_decode(input);
    case StepKind::input:
        return queue_input(input);
    case StepKind::capture:
        return queue_capture(input);
    case StepKind::drain:
        return queue_drain();
    case StepKind::flush:
        return queue_flush(input.take<std::uint8_t>(), false);
    case StepKind::retire:
        return queue_retire(input.take<std::uint8_t>());
    case StepKind::format:
        codec_ = take_codec(input);
        queue_.push_back(make_format());
        return;
    case StepKind::buffer:
        return buffers_.replace(input);
    case StepKind::answer:
        return set_answers(input);
    case StepKind::death:
        dead_ = true;
        return;
    case StepKind::spoil:
        return spoil_journal(input);
    case StepKind::raw:
        return queue_raw(input);
    case StepKind::pause:
    case StepKind::count:
        return;
    }
}

void ScriptedKernel::queue_job(Bytes bytes, std::uint64_t cookie, bool of_this_kind) {
    attempts_[cookie] = 0;
    queue_.push_back({.bytes = std::move(bytes), .cookie = cookie, .lie = !of_this_kind});
}

void ScriptedKernel::queue_decode(FuzzInput& input) {
    const unsigned slot = input.take<std::uint8_t>();
    bridge::DecodeMessage message;
    message.flags = input.take<std::uint8_t>() & DAEDALUS_DECODE_FLAGS_KNOWN;
    message.queued = input.take<std::uint8_t>() & 3;
    message.timestamp = input.take<std::uint64_t>();
    message.cookie = next_cookie();
    message.dst_buffer = buffers_.id(slot);
    message.dst = buffers_.layout(slot);
    message.coded_width = message.coded_height = coded_size;
    const RequestControls controls(input, codec_);
    message.controls = controls.set();
    const auto rest = std::as_bytes(input.rest());
    Bytes bitstream(rest.begin(), rest.end());
    message.bitstream = bitstream;
    Bytes bytes(bridge::decode_message_size(message));
    bridge::write_decode_message(message, bytes);
    queue_job(std::move(bytes), message.cookie, !stateful());
}

void ScriptedKernel::queue_input(FuzzInput& input) {
    auto message = empty_message<daedalus_msg_input>(DAEDALUS_MSG_INPUT);
    message.queued = input.take<std::uint8_t>() & 3;
    message.timestamp = input.take<std::uint64_t>();
    message.cookie = next_cookie();
    const auto bitstream = std::as_bytes(input.rest());
    message.bitstream_offset = sizeof(message);
    message.bitstream_length = static_cast<std::uint32_t>(bitstream.size());
    message.header.length = static_cast<std::uint32_t>(sizeof(message) + (bitstream.size() + 7) / 8 * 8);
    Bytes bytes = bytes_of(message);
    bytes.insert(bytes.end(), bitstream.begin(), bitstream.end());
    bytes.resize(message.header.length);
    queue_job(std::move(bytes), message.cookie, stateful());
}

ScriptedKernel::Outgoing ScriptedKernel::make_offer(std::uint64_t cookie, unsigned slot,
                                                    std::uint32_t flags) const {
    auto message = empty_message<daedalus_msg_capture>(DAEDALUS_MSG_CAPTURE);
    message.cookie = cookie;
    message.buffer = buffers_.id(slot);
    message.layout = buffers_.layout(slot);
    message.flags = flags & DAEDALUS_CAPTURE_FLAGS_KNOWN;
    return {.bytes = bytes_of(message), .cookie = cookie, .buffer = message.buffer, .lie = !stateful()};
}

void ScriptedKernel::queue_capture(FuzzInput& input) {
    const unsigned slot = input.take<std::uint8_t>(), flags = input.take<std::uint8_t>();
    queue_.push_back(make_offer(next_cookie(), slot, flags));
}

void ScriptedKernel::queue_drain() {
    auto message = empty_message<daedalus_msg_drain>(DAEDALUS_MSG_DRAIN);
    message.cookie = next_cookie();
    drains_.insert(message.cookie);
    queue_job(bytes_of(message), message.cookie, stateful());
}

void ScriptedKernel::queue_flush(std::uint32_t flags, bool first) {
    auto message = empty_message<daedalus_msg_flush>(DAEDALUS_MSG_FLUSH);
    flags &= DAEDALUS_FLUSH_FLAGS_KNOWN;
    message.flags = stateful() && flags != 0 ? flags : DAEDALUS_FLUSH_FLAGS_KNOWN;
    message.epoch = ++epoch_;
    // What is named has not been read yet, and will not be.
    std::erase_if(queue_, [&message](const Outgoing& waiting) {
        const std::uint32_t named = waiting.buffer != 0 ? DAEDALUS_FLUSH_CAPTURE : DAEDALUS_FLUSH_INPUT;
        return waiting.cookie != 0 && (message.flags & named) != 0;
    });
    Outgoing flush = {.bytes = bytes_of(message), .flush = message.flags, .alone = true};
    queue_.insert(first ? queue_.begin() : queue_.end(), std::move(flush));
}

void ScriptedKernel::flush_soon(std::uint32_t flags) {
    const bool waits = std::ranges::any_of(
        queue_, [flags](const Outgoing& message) { return (message.flush & flags) != 0; });
    if (!waits)
        queue_flush(flags, true);
}

void ScriptedKernel::queue_retire(std::uint8_t buffer) {
    constexpr std::uint8_t all = 0xff;
    auto message = empty_message<daedalus_msg_retire>(DAEDALUS_MSG_RETIRE);
    message.buffer = buffer == all ? 0 : buffers_.renew(buffer);
    queue_.push_back({.bytes = bytes_of(message)});
}

void ScriptedKernel::queue_raw(FuzzInput& input) {
    const auto bytes = std::as_bytes(input.rest());
    if (!bytes.empty())
        queue_.push_back({.bytes = {bytes.begin(), bytes.end()}, .alone = true, .lie = true});
}

void ScriptedKernel::set_answers(FuzzInput& input) {
    const auto bits = input.take<std::uint8_t>();
    complete_is_late_ = (bits & 1) != 0;
    export_fails_ = (bits & 2) != 0;
    constexpr std::array pictures = {bridge::StreamAnswer::taken, bridge::StreamAnswer::taken,
                                     bridge::StreamAnswer::gone, bridge::StreamAnswer::stale};
    constexpr std::array streams = {bridge::StreamAnswer::taken, bridge::StreamAnswer::taken,
                                    bridge::StreamAnswer::wait, bridge::StreamAnswer::stale};
    picture_answer_ = pictures.at(bits >> 2 & 3);
    stream_answer_ = streams.at(bits >> 4 & 3);
}

void ScriptedKernel::spoil_journal(FuzzInput& input) const {
    const auto low = input.take<std::uint16_t>();
    const std::size_t offset = low | std::size_t{input.take<std::uint8_t>()} << 16;
    const auto bytes = input.rest();
    const off_t size = journal_ < 0 ? 0 : lseek(journal_, 0, SEEK_END);
    if (size <= 0)
        return;
    const auto at = static_cast<off_t>(offset % static_cast<std::size_t>(size));
    const auto room = static_cast<std::size_t>(size - at);
    require(pwrite(journal_, bytes.data(), std::min(bytes.size(), room), at) >= 0);
}

util::Result<bool> ScriptedKernel::complete(std::uint64_t cookie, std::uint32_t flags,
                                            daedalus_status status) {
    require((flags & DAEDALUS_COMPLETE_SRC_CONSUMED) != 0 && (flags & ~DAEDALUS_COMPLETE_FLAGS_KNOWN) == 0);
    require(status <= DAEDALUS_STATUS_INTERNAL);
    require(!stateful() || (flags & DAEDALUS_COMPLETE_HAS_PIXELS) == 0);
    // A lie may hold a job that the script knows nothing of.
    require(lied_ || unanswered_.contains(cookie));
    unanswered_.erase(cookie);
    // One that was ended before leaves the offers as they are; a FLUSH would say more.
    if (drains_.contains(cookie) && !complete_is_late_)
        offers_.clear();
    return !complete_is_late_;
}

util::Result<util::UniqueFd> ScriptedKernel::export_buffer(std::uint64_t buffer, std::uint32_t plane) {
    if (export_fails_)
        return util::fail(ENOENT, "nobody waits for that buffer");
    return buffers_.memory(buffer, plane);
}

util::Result<void> ScriptedKernel::flushed(std::uint32_t epoch) {
    require(lied_ || (unanswered_flush_ && epoch == *unanswered_flush_));
    unanswered_flush_.reset();
    return {};
}

util::Result<bridge::StreamAnswer> ScriptedKernel::picture(const daedalus_picture& picture) {
    require(stateful() && (picture.flags & ~DAEDALUS_PICTURE_FLAGS_KNOWN) == 0 &&
            picture.status <= DAEDALUS_STATUS_INTERNAL);
    require(lied_ || offers_.contains(picture.cookie));
    switch (picture_answer_) {
    case bridge::StreamAnswer::gone:
        flush_soon(DAEDALUS_FLUSH_CAPTURE);
        break;
    case bridge::StreamAnswer::stale:
        flush_soon(DAEDALUS_FLUSH_INPUT);
        break;
    default:
        offers_.erase(picture.cookie);
    }
    return picture_answer_;
}

util::Result<bridge::StreamAnswer> ScriptedKernel::stream(const daedalus_stream& stream) {
    require(stateful() && is_valid(stream));
    if (stream_answer_ == bridge::StreamAnswer::wait)
        offers_.clear();
    if (stream_answer_ == bridge::StreamAnswer::stale)
        flush_soon(DAEDALUS_FLUSH_INPUT);
    return stream_answer_;
}

util::Result<std::size_t> ScriptedKernel::max_message() {
    return queue_.empty() ? 0 : queue_.front().bytes.size();
}

} // namespace daedalus::fuzz
