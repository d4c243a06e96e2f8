// SPDX-License-Identifier: BSD-2-Clause
#include "worker/session_worker.h"

#include "pixels/picture_writer.h"
#include "worker/profile_name.h"

#include <algorithm>

namespace daedalus::worker {
namespace {

const char* status_text(daedalus_status status) {
    switch (status) {
    case DAEDALUS_STATUS_CONCEALED:
        return "a picture was concealed";
    case DAEDALUS_STATUS_BAD_STREAM:
        return "a request could not be decoded";
    case DAEDALUS_STATUS_UNSUPPORTED:
        return "a request is of a kind that is not decoded here";
    case DAEDALUS_STATUS_BAD_BUFFER:
        return "a CAPTURE buffer cannot hold its picture";
    default:
        return "a request failed";
    }
}

} // namespace

util::Result<std::optional<End>> SessionWorker::start(const DecoderFactory& make_decoder) {
    const auto read = reader_.read_format();
    if (!read)
        return std::unexpected(read.error());
    const auto& format = *read;
    if (!format)
        return End::closed;
    if (auto begun = begin(*format, make_decoder); !begun)
        return std::unexpected(std::move(begun.error()));
    return std::nullopt;
}

util::Result<void> SessionWorker::begin(const bridge::FormatMessage& format,
                                        const DecoderFactory& make_decoder) {
    codec_ = format.codec;
    auto decoder = make_decoder(format);
    if (!decoder)
        return std::unexpected(std::move(decoder.error()));
    decoder_ = std::move(*decoder);
    if (auto handled = handle(format, nullptr); !handled)
        return handled;
    if (journal_)
        journal_->open(codec_);
    return {};
}

util::Result<End> SessionWorker::run() {
    while (!end_) {
        const auto had_messages = read_messages();
        if (!had_messages)
            return std::unexpected(had_messages.error());
        if (auto delivered = deliver_finished(); !delivered)
            return std::unexpected(std::move(delivered.error()));
        if (end_ || (*had_messages && more_queued_))
            continue;
        // The client has nothing more queued, as far as we know. What is in the decoder waits a moment for
        // company, then it is pushed out.
        if (decoder_->pending() > 0) {
            const auto more = reader_.wait(patience_.wait());
            if (!more)
                return std::unexpected(more.error());
            if (*more)
                continue;
            decoder_->push_out();
            if (auto delivered = deliver_finished(); !delivered)
                return std::unexpected(std::move(delivered.error()));
        }
        if (auto waited = reader_.wait(std::nullopt); !waited)
            return std::unexpected(std::move(waited.error()));
    }
    return *end_;
}

util::Result<bool> SessionWorker::read_messages() {
    const auto batch = reader_.read();
    if (!batch)
        return std::unexpected(batch.error());
    if (batch->state == bridge::ReadState::closed)
        end_ = End::closed;
    if (batch->state == bridge::ReadState::too_small)
        more_queued_ = true;
    for (const bridge::Message& message : batch->messages) {
        if (auto handled = handle(message, batch->memory); !handled)
            return std::unexpected(std::move(handled.error()));
        if (end_)
            break;
    }
    return batch->state == bridge::ReadState::data || batch->state == bridge::ReadState::too_small;
}

util::Result<void> SessionWorker::handle(const bridge::Message& message,
                                         const std::shared_ptr<MessageBuffer>& memory) {
    if (const auto* request = std::get_if<bridge::DecodeMessage>(&message))
        return decode(*request, memory);
    if (const auto* flush_message = std::get_if<bridge::FlushMessage>(&message))
        return flush(*flush_message);
    if (const auto* retire = std::get_if<bridge::RetireMessage>(&message)) {
        buffers_.retire(retire->buffer);
        decoder_->retire(retire->buffer);
        return {};
    }
    const auto* format = std::get_if<bridge::FormatMessage>(&message);
    if (!format)
        return util::fail(EPROTO, "the kernel sent a stateless session what is for a stateful one");
    if (format->codec != codec_) {
        end_ = End::codec_changed;
        return {};
    }
    if (auto taken = reader_.take_format(*format); !taken)
        return taken;
    recorder_.set_codec(format->codec);
    recorder_.set_picture(format->coded_width, format->coded_height, format->capture.pixelformat);
    recorder_.set_pixel_path(statistics::PixelPath::cpu);
    return {};
}

util::Result<void> SessionWorker::decode(const bridge::DecodeMessage& message,
                                         const std::shared_ptr<MessageBuffer>& memory) {
    more_queued_ = message.queued > 0;
    recorder_.job_queued(message.cookie, message.bitstream.size(), message.dst_buffer, message.age_ns);
    open_.push_back({message.cookie, Clock::now()});
    recorder_.set_profile(profile_name(codec_, message.controls));
    recorder_.job_decoding(message.cookie);
    if (message.bitstream.size() > limits_.max_bitstream_bytes) {
        // Behind the jobs that are being decoded: their pictures come first.
        decoder_->push_out();
        if (auto delivered = deliver_finished(); !delivered)
            return delivered;
        decoder::FinishedJob refused{.message = message,
                                     .status = DAEDALUS_STATUS_UNSUPPORTED,
                                     .picture = std::nullopt,
                                     .reason = "it is larger than the configuration allows"};
        return answer(refused);
    }
    if (journal_) {
        if (auto replayed = replay_before(message.cookie); !replayed)
            return replayed;
        journal_->append(message);
    }
    decoder_->submit({.message = message, .memory = memory, .client = client_memory(message)});
    // A job that has been the end of one worker: alone, so that no other one is blamed for it with this one.
    if (message.attempt > 0)
        decoder_->push_out();
    return deliver_finished();
}

util::Result<void> SessionWorker::replay_before(std::uint64_t cookie) {
    const auto begun = Clock::now();
    unsigned pictures = 0;
    while (const auto bytes = journal_->next_before(cookie)) {
        journal_->set_replaying(true);
        auto memory = std::make_shared<MessageBuffer>(bytes->size());
        std::ranges::copy(*bytes, memory->room().begin());
        // The worker that wrote it may have been hostile: it is believed no more than a message of the
        // kernel's.
        const auto messages = memory->parse(bytes->size());
        const auto* message = messages && messages->size() == 1
                                  ? std::get_if<bridge::DecodeMessage>(&messages->front())
                                  : nullptr;
        if (!message) {
            complaints_.about("the journal of the worker before is broken");
            journal_->clear();
            break;
        }
        decoder_->submit({.message = *message, .memory = memory});
        pictures++;
        if (auto delivered = deliver_finished(); !delivered)
            return delivered;
        recorder_.progress();
    }
    if (pictures > 0)
        decoder_->push_out();
    journal_->set_replaying(false);
    if (pictures == 0)
        return {};
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - begun);
    util::log(util::LogLevel::info, "decoded %u pictures of the worker before again in %lld ms", pictures,
              static_cast<long long>(took.count()));
    return deliver_finished();
}

std::optional<decoder::ClientMemory> SessionWorker::client_memory(const bridge::DecodeMessage& message) {
    // Imported memory may be read and written between DMA_BUF_IOCTL_SYNCs only; references are read later.
    if ((message.flags & DAEDALUS_DECODE_IMPORTED) != 0)
        return std::nullopt;
    const auto layout = pixels::BufferLayout::from(message.dst);
    if (!layout || layout->arrangement != pixels::Arrangement::planar)
        return std::nullopt;
    // What is wrong with the buffer is said when it is written to.
    const auto buffer = buffers_.get(message.dst_buffer, layout->memory_planes, false);
    return buffer ? (*buffer)->client_memory(*layout) : std::nullopt;
}

util::Result<void> SessionWorker::flush(const bridge::FlushMessage& message) {
    decoder_->flush();
    for (const Open& job : open_)
        recorder_.job_dropped(job.cookie);
    open_.clear();
    more_queued_ = false;
    if (journal_)
        journal_->clear();
    return channel_.flushed(message.epoch);
}

util::Result<void> SessionWorker::deliver_finished() {
    for (;;) {
        std::optional<decoder::FinishedJob> job = decoder_->take_finished();
        if (!job)
            return {};
        // Decoded again from the journal: nobody waits for it.
        if (std::ranges::find(open_, job->message.cookie, &Open::cookie) == open_.end()) {
            if (job->picture)
                last_good_ = std::move(job->picture);
            continue;
        }
        if (auto answered = answer(*job); !answered)
            return answered;
    }
}

util::Result<void> SessionWorker::answer(decoder::FinishedJob& job) {
    const std::uint64_t cookie = job.message.cookie;
    recorder_.job_done(cookie);
    if (journal_)
        journal_->decoded(cookie);
    const auto has_pixels = write_pixels(job);
    if (!has_pixels)
        return std::unexpected(has_pixels.error());
    const std::uint32_t flags =
        DAEDALUS_COMPLETE_SRC_CONSUMED | (*has_pixels ? DAEDALUS_COMPLETE_HAS_PIXELS : 0);
    const auto completed = channel_.complete(cookie, flags, job.status);
    if (!completed)
        return std::unexpected(completed.error());
    if (*completed) {
        recorder_.job_completed(cookie, job.status, *has_pixels);
        if (job.status != DAEDALUS_STATUS_OK)
            complaints_.about(std::string(status_text(job.status)) + ": " + job.reason);
    } else {
        recorder_.job_dropped(cookie);
    }
    const auto found = std::ranges::find(open_, cookie, &Open::cookie);
    if (found != open_.end()) {
        patience_.decoded(std::chrono::duration_cast<Patience::Duration>(Clock::now() - found->begun));
        open_.erase(found);
    }
    return {};
}

util::Result<bool> SessionWorker::write_pixels(decoder::FinishedJob& job) {
    const auto bad_buffer = [&job](const util::Error& error) {
        if (job.status <= DAEDALUS_STATUS_CONCEALED) {
            job.status = DAEDALUS_STATUS_BAD_BUFFER;
            job.reason = error.message;
        }
        return false;
    };
    const auto layout = pixels::BufferLayout::from(job.message.dst);
    if (!layout)
        return bad_buffer(layout.error());
    const bool imported = (job.message.flags & DAEDALUS_DECODE_IMPORTED) != 0;
    const auto buffer = buffers_.get(job.message.dst_buffer, layout->memory_planes, imported);
    if (!buffer) {
        // The kernel has ended the job: nobody waits for these pixels, and COMPLETE will say so.
        if (buffer.error().code == std::errc::no_such_file_or_directory)
            return false;
        return bad_buffer(buffer.error());
    }
    MappedBuffer& mapped = **buffer;
    for (const MappedPlane& plane : mapped.planes())
        if (auto synced = plane.sync(true); !synced)
            return bad_buffer(synced.error());

    // Without a picture the buffer gets the one before it, or grey: clients show errored buffers, too.
    bool written = true;
    if (job.picture) {
        const auto path = writer_.write(*job.picture, *layout, mapped);
        if (!path && PixelWriter::is_fatal(path.error()))
            return std::unexpected(path.error());
        if (!path) {
            written = bad_buffer(path.error());
        } else {
            recorder_.set_pixel_path(*path);
            last_good_ = std::move(job.picture);
        }
    }
    if (!job.picture && job.status != DAEDALUS_STATUS_OK && job.status != DAEDALUS_STATUS_CONCEALED &&
        !(last_good_ && pixels::write_picture(*last_good_, *layout, mapped.memory())))
        written = pixels::write_grey(*layout, mapped.memory()).has_value();

    for (const MappedPlane& plane : mapped.planes())
        if (auto synced = plane.sync(false); !synced)
            return bad_buffer(synced.error());
    return written;
}

} // namespace daedalus::worker
