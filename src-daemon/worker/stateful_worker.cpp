// SPDX-License-Identifier: BSD-2-Clause
#include "worker/stateful_worker.h"

#include <algorithm>
#include <cstring>

namespace daedalus::worker {
namespace {

// As many as the statistics page follows.
constexpr std::size_t max_followed = 32;
// The client's next picture waits meanwhile, and the kernel not for ever (JobTimeoutMs).
constexpr std::chrono::milliseconds longest_to_go_on(400);

bool same(const daedalus_stream& a, const daedalus_stream& b) {
    return std::memcmp(&a, &b, sizeof(a)) == 0; // it has no padding
}

} // namespace

util::Result<void> StatefulWorker::begin(const bridge::FormatMessage& format,
                                         const DecoderFactory& make_decoder) {
    codec_ = format.codec;
    auto decoder = make_decoder(format);
    if (!decoder)
        return std::unexpected(std::move(decoder.error()));
    decoder_ = std::move(*decoder);
    if (journal_)
        journal_->open(codec_, format.input_epoch);
    return handle(format, nullptr);
}

bool StatefulWorker::replay(std::chrono::milliseconds limit) {
    const auto begun = std::chrono::steady_clock::now();
    if (const auto sets = journal_->parameter_sets(); !sets.empty())
        replay_input({.bytes = sets});
    unsigned inputs = 0;
    for (; const auto input = journal_->next(); inputs++) {
        replay_input(*input);
        // Else it is not known which of several kills a worker.
        if (journal_->care() != replay::Care::none)
            push_all_out();
        else
            collect();
        recorder_.progress();
        if (std::chrono::steady_clock::now() - begun > limit) {
            journal_->end_replay();
            return false;
        }
    }
    if (inputs > 0)
        push_all_out();
    journal_->end_replay();
    if (inputs == 0)
        return true;
    for (const decoder::StreamPicture& picture : waiting_) {
        bridge::InputMessage its_input;
        its_input.cookie = picture.cookie;
        follow(its_input);
        recorder_.job_done(picture.cookie); // a client that is in no hurry to show it makes nobody late
    }
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    // A client may drain as often as it likes.
    util::log(drained_ ? util::LogLevel::debug : util::LogLevel::info,
              "decoded %u inputs %s again in %lld ms", inputs,
              drained_ ? "before a drain" : "of the worker before", static_cast<long long>(took.count()));
    return true;
}

/// The end of a drain takes the decoder's references; yet a client may go on as if there had been none
/// (V4L2_DEC_CMD_START), with a picture that is predicted from them.
void StatefulWorker::go_on(const bridge::InputMessage& message) {
    if (!journal_ || message.bitstream.size() > limits_.max_bitstream_bytes)
        return;
    const auto piece = bitstream::examine(codec_, message.bitstream);
    if (!piece.picture)
        return; // it may belong to a key frame
    if (piece.key && bitstream::key_cuts_off(codec_)) {
        drained_ = false;
        journal_->clear();
        return;
    }
    auto headers = decoder_->take_headers();
    journal_->open_again();
    if (!replay(longest_to_go_on)) {
        complaints_.about("the client goes on after a drain too far behind a key frame");
        reset_decoder();
        waiting_.clear();
        journal_->clear();
    }
    decoder_->put_headers(std::move(headers));
    drained_ = false;
}

/// The worker that wrote it may have been hostile: it is no more than a stream.
void StatefulWorker::replay_input(const replay::StreamJournal::Input& input) {
    const std::size_t size = input.bytes.size();
    auto memory = std::make_shared<MessageBuffer>(size + decoder::bitstream_padding);
    std::ranges::copy(input.bytes, memory->room().begin());
    std::ranges::fill(memory->room().subspan(size), std::byte{0});
    const auto piece = bitstream::examine(codec_, memory->room().first(size));
    journal_->seen(piece);
    // What can't be decoded now could not be then.
    (void)send_to_decoder(
        {.cookie = input.cookie, .timestamp = input.timestamp, .bitstream = memory->room().first(size)},
        piece, memory);
}

void StatefulWorker::collect() {
    while (auto picture = receive())
        if (!journal_ || !journal_->take_shown(picture->cookie))
            waiting_.push_back(std::move(*picture));
}

util::Result<bool> StatefulWorker::send_to_decoder(const bridge::InputMessage& message,
                                                   const bitstream::Piece& piece,
                                                   const std::shared_ptr<const void>& memory) {
    const statistics::InDecoder in(recorder_);
    return decoder_->send(message, piece, memory);
}

std::optional<decoder::StreamPicture> StatefulWorker::receive() {
    const statistics::InDecoder in(recorder_);
    return decoder_->receive();
}

void StatefulWorker::push_out() {
    const statistics::InDecoder in(recorder_);
    decoder_->push_out();
}

void StatefulWorker::reset_decoder() {
    const statistics::InDecoder in(recorder_);
    decoder_->flush();
}

/// Until nothing is left in the decoder's threads. Its own room for what comes out is one picture.
void StatefulWorker::push_all_out() {
    collect();
    while (decoder_->holds_back()) {
        push_out();
        collect();
    }
}

util::Result<End> StatefulWorker::run() {
    if (journal_)
        (void)replay(std::chrono::hours(1)); // the kernel, too, gives a new worker time
    while (!end_) {
        if (const auto read = read_messages(); !read)
            return std::unexpected(read.error());
        if (end_)
            break;
        const auto did = step();
        if (!did)
            return std::unexpected(did.error());
        if (*did)
            continue;
        // Nothing to do. What the decoder's threads hold back waits a moment for company.
        const bool push = work_.empty() && waiting_.empty() && !stale_ && decoder_->holds_back();
        const auto more = reader_.wait(push ? std::optional(patience_.wait()) : std::nullopt);
        if (!more)
            return std::unexpected(more.error());
        if (push && !*more)
            push_out();
    }
    return *end_;
}

util::Result<bool> StatefulWorker::read_messages() {
    const auto batch = reader_.read();
    if (!batch)
        return std::unexpected(batch.error());
    if (batch->state == bridge::ReadState::closed)
        end_ = End::closed;
    for (const bridge::Message& message : batch->messages) {
        if (auto handled = handle(message, batch->memory); !handled)
            return std::unexpected(std::move(handled.error()));
        if (end_)
            break;
    }
    return true;
}

util::Result<void> StatefulWorker::handle(const bridge::Message& message,
                                          const std::shared_ptr<MessageBuffer>& memory) {
    if (const auto* input = std::get_if<bridge::InputMessage>(&message)) {
        work_.emplace_back(Input{*input, memory});
    } else if (const auto* offer = std::get_if<bridge::CaptureMessage>(&message)) {
        offers_.push_back(*offer);
    } else if (const auto* drain = std::get_if<bridge::DrainMessage>(&message)) {
        work_.emplace_back(*drain);
    } else if (const auto* flush_message = std::get_if<bridge::FlushMessage>(&message)) {
        return flush(*flush_message);
    } else if (const auto* retire = std::get_if<bridge::RetireMessage>(&message)) {
        buffers_.retire(retire->buffer);
    } else if (const auto* format = std::get_if<bridge::FormatMessage>(&message)) {
        if (format->codec != codec_) {
            end_ = End::codec_changed;
            return {};
        }
        if (auto taken = reader_.take_format(*format); !taken)
            return taken;
        recorder_.set_codec(format->codec);
        recorder_.set_pixel_path(statistics::PixelPath::cpu);
    } else {
        return util::fail(EPROTO, "the kernel sent a stateful session what is for a stateless one");
    }
    return {};
}

util::Result<void> StatefulWorker::flush(const bridge::FlushMessage& message) {
    if ((message.flags & DAEDALUS_FLUSH_CAPTURE) != 0)
        offers_.clear();
    if ((message.flags & DAEDALUS_FLUSH_INPUT) != 0) {
        reset_decoder();
        for (const std::uint64_t cookie : decoded_)
            recorder_.job_dropped(cookie);
        decoded_.clear();
        work_.clear();
        waiting_.clear();
        noted_ = false;
        if (journal_)
            journal_->clear();
        // The client may have made other buffers: the kernel wants to be asked again.
        told_.reset();
        draining_ = false;
        drained_ = false;
        stale_ = false;
    }
    return channel_.flushed(message.epoch);
}

util::Result<bool> StatefulWorker::step() {
    if (stale_)
        return false;
    if (waiting_.empty())
        collect();
    if (!waiting_.empty())
        return deliver();
    if (!told_)
        if (const auto stream = decoder_->stream())
            return tell_stream(*stream); // clients wait for it, and send no more meanwhile
    if (work_.empty())
        return false;
    if (const auto* drain = std::get_if<bridge::DrainMessage>(&work_.front())) {
        if (!draining_) {
            const statistics::InDecoder in(recorder_);
            decoder_->drain();
            draining_ = true;
        } else if (auto ended = end_drain(*drain); !ended) {
            return std::unexpected(std::move(ended.error()));
        }
        return true;
    }
    const Input input = std::get<Input>(std::move(work_.front()));
    work_.pop_front();
    if (auto decoded = decode(input); !decoded)
        return std::unexpected(std::move(decoded.error()));
    return true;
}

util::Result<void> StatefulWorker::decode(const Input& input) {
    const bridge::InputMessage& message = input.message;
    // Or the client would wait for pictures that never come. Of damage it is told by pictures.
    const daedalus_status status = decoder_->refuses() ? DAEDALUS_STATUS_UNSUPPORTED : DAEDALUS_STATUS_OK;
    if (status != DAEDALUS_STATUS_OK)
        complaints_.about("the stream has pictures that are not 4:2:0 of 8 or 10 bits, or larger than the "
                          "configuration allows");
    if (drained_)
        go_on(message);
    // What the journal had the kernel has not heard of.
    if (!journal_ || !journal_->has_replayed(message.cookie)) {
        const auto begun = std::chrono::steady_clock::now();
        // Followed from here on only: what waits for the client to show pictures is not late.
        follow(message);
        bool picture = false;
        if (message.bitstream.size() > limits_.max_bitstream_bytes) {
            complaints_.about("an input is larger than the configuration allows");
        } else if (const auto sent = send(input); sent) {
            picture = *sent;
        } else {
            complaints_.about("an input could not be decoded: " + sent.error().message);
        }
        recorder_.job_done(message.cookie);
        patience_.decoded(
            std::chrono::duration_cast<Patience::Duration>(std::chrono::steady_clock::now() - begun));
        if (!picture || status != DAEDALUS_STATUS_OK) {
            std::erase(decoded_, message.cookie);
            recorder_.job_completed(message.cookie, status, false);
        }
    }
    // False: somebody ended the job, and a FLUSH tells the rest.
    const auto completed = channel_.complete(message.cookie, DAEDALUS_COMPLETE_SRC_CONSUMED, status);
    return completed ? util::Result<void>() : std::unexpected(completed.error());
}

/// In the statistics, until its picture is shown.
void StatefulWorker::follow(const bridge::InputMessage& message) {
    recorder_.job_queued(message.cookie, message.bitstream.size(), 0, message.age_ns);
    recorder_.job_decoding(message.cookie);
    decoded_.push_back(message.cookie);
    if (decoded_.size() > max_followed) {
        recorder_.job_dropped(decoded_.front());
        decoded_.pop_front();
    }
}

/// Returns whether a picture may come of it.
util::Result<bool> StatefulWorker::send(const Input& input) {
    const bridge::InputMessage& message = input.message;
    const auto piece = bitstream::examine(codec_, message.bitstream);
    if (!journal_)
        return send_to_decoder(message, piece, input.memory);
    journal_->append({message.cookie, message.timestamp, message.bitstream}, piece);
    auto sent = send_to_decoder(message, piece, input.memory);
    // It has been the end of one worker: alone, so that it is known if it is that of the next.
    if (message.attempt > 0)
        push_all_out();
    journal_->taken_in();
    return sent;
}

util::Result<void> StatefulWorker::end_drain(const bridge::DrainMessage& drain) {
    const auto completed =
        channel_.complete(drain.cookie, DAEDALUS_COMPLETE_SRC_CONSUMED, DAEDALUS_STATUS_OK);
    if (!completed)
        return std::unexpected(completed.error());
    if (*completed)
        offers_.clear();
    reset_decoder(); // what has been drained takes nothing more without it
    draining_ = false;
    drained_ = true;
    work_.pop_front();
    return {};
}

util::Result<bool> StatefulWorker::deliver() {
    const decoder::StreamPicture& picture = waiting_.front();
    if (!told_ || !same(*told_, picture.stream))
        return tell_stream(picture.stream);
    if (offers_.empty())
        return false;
    const bridge::CaptureMessage offer = offers_.front();
    const auto written = write_pixels(offer);
    if (!written)
        return std::unexpected(written.error());
    const std::optional<daedalus_status> status = *written;
    daedalus_picture answer = {};
    answer.cookie = offer.cookie;
    answer.timestamp = picture.timestamp;
    answer.status = status.value_or(DAEDALUS_STATUS_INTERNAL);
    if (picture.key)
        answer.flags |= DAEDALUS_PICTURE_KEY;
    // Before it is: a worker that dies in between loses a picture, but shows none twice.
    if (journal_ && status && !noted_) {
        journal_->shown(picture.cookie, draining_);
        noted_ = true;
    }
    const auto answered =
        status ? channel_.picture(answer) : util::Result<bridge::StreamAnswer>(bridge::StreamAnswer::gone);
    if (!answered)
        return std::unexpected(answered.error());
    if (*answered != bridge::StreamAnswer::stale)
        offers_.pop_front();
    if (*answered == bridge::StreamAnswer::gone)
        return true;
    stale_ = *answered == bridge::StreamAnswer::stale;
    if (!stale_) {
        recorder_.set_profile(decoder_->profile());
        std::erase(decoded_, picture.cookie);
        recorder_.job_completed(picture.cookie, static_cast<daedalus_status>(answer.status), true);
    }
    waiting_.pop_front();
    noted_ = false;
    return true;
}

util::Result<bool> StatefulWorker::tell_stream(const daedalus_stream& stream) {
    const auto answered = channel_.stream(stream);
    if (!answered)
        return std::unexpected(answered.error());
    if (*answered == bridge::StreamAnswer::stale) {
        stale_ = true;
        waiting_.clear();
        return true;
    }
    if (*answered == bridge::StreamAnswer::wait)
        offers_.clear();
    recorder_.set_picture(stream.width, stream.height, 0);
    told_ = stream;
    return true;
}

util::Result<std::optional<daedalus_status>>
StatefulWorker::write_pixels(const bridge::CaptureMessage& offer) {
    const auto bad_buffer = [this](const util::Error& error) {
        complaints_.about("a CAPTURE buffer cannot hold its picture: " + error.message);
        return DAEDALUS_STATUS_BAD_BUFFER;
    };
    const auto layout = pixels::BufferLayout::from(offer.layout);
    if (!layout)
        return bad_buffer(layout.error());
    const bool imported = (offer.flags & DAEDALUS_CAPTURE_IMPORTED) != 0;
    const auto buffer = buffers_.get(offer.buffer, layout->memory_planes, imported);
    if (!buffer) {
        if (buffer.error().code == std::errc::no_such_file_or_directory)
            return std::nullopt;
        return bad_buffer(buffer.error());
    }
    for (const MappedPlane& plane : (*buffer)->planes())
        if (auto synced = plane.sync(true); !synced)
            return bad_buffer(synced.error());
    const auto written = writer_.write(waiting_.front().picture, *layout, **buffer);
    if (!written && PixelWriter::is_fatal(written.error()))
        return std::unexpected(written.error());
    for (const MappedPlane& plane : (*buffer)->planes())
        if (auto synced = plane.sync(false); !synced)
            return bad_buffer(synced.error());
    if (!written)
        return bad_buffer(written.error());
    recorder_.set_pixel_path(*written);
    return waiting_.front().damaged ? DAEDALUS_STATUS_CONCEALED : DAEDALUS_STATUS_OK;
}

} // namespace daedalus::worker
