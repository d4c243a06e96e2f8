// SPDX-License-Identifier: BSD-2-Clause
#include "replay/journal.h"

#include "bridge/message_writer.h"

namespace daedalus::replay {
namespace {

constexpr std::uint64_t epoch_of(std::uint64_t cookie) {
    return cookie >> 32;
}

} // namespace

void Journal::open(daedalus_codec codec) {
    codec_ = codec;
    // 0: nobody was here before.
    const std::uint64_t owner = std::uint64_t{1} + codec;
    if (memory_.note(JournalMemory::Note::owner) != owner ||
        memory_.note(JournalMemory::Note::replaying) != 0)
        memory_.clear();
    memory_.set_note(JournalMemory::Note::owner, owner);
    set_replaying(false);
    // Records that do not even begin somewhere sensible are of no use to anybody.
    if (!memory_.read(memory_.begin()))
        memory_.clear();
    cursor_ = memory_.begin();
    own_ = memory_.end();
    recording_ = cursor_ != own_;
}

std::optional<std::span<const std::byte>> Journal::next_before(std::uint64_t cookie) {
    while (cursor_ < own_) {
        const auto record = memory_.read(cursor_);
        if (!record) {
            cursor_ = own_;
            break;
        }
        const RecordHeader& header = record->header;
        const bool wanted = header.decoded == 1 && epoch_of(header.cookie) == epoch_of(cookie);
        if (wanted && header.cookie >= cookie)
            break; // the kernel delivers that one itself
        cursor_ = record->next;
        // One that was answered too late is there twice: the kernel had redelivered it.
        if (!wanted || header.cookie <= last_)
            continue;
        last_ = header.cookie;
        return record->bytes;
    }
    return std::nullopt;
}

void Journal::set_replaying(bool replaying) {
    memory_.set_note(JournalMemory::Note::replaying, replaying ? 1 : 0);
}

void Journal::append(const bridge::DecodeMessage& message) {
    last_ = message.cookie;
    const PictureKind kind = picture_kind(codec_, message.controls);
    const bool key = kind == PictureKind::key;
    if (kind == PictureKind::disposable || (!recording_ && !key))
        return;
    const std::size_t length = bridge::decode_message_size(message);
    auto room = memory_.room(length);
    if (!room && key) {
        // What is under way may still need what is before it, but better this one than none.
        clear();
        room = memory_.room(length);
    }
    if (!room) {
        clear(); // a part is of no use; again from the next key frame on
        return;
    }
    recording_ = true;
    bridge::write_decode_message(message, *room);
    open_.push_back({message.cookie, memory_.add(message.cookie, length), key});
}

void Journal::decoded(std::uint64_t cookie) {
    if (open_.empty() || open_.front().cookie != cookie)
        return; // not recorded
    const Entry entry = open_.front();
    open_.pop_front();
    memory_.set_decoded(entry.position);
    // Pictures that are decoded after a key frame and shown before it may need what was before it. They are
    // through when the next one that others refer to is.
    if (last_key_) {
        memory_.forget_before(*last_key_);
        cursor_ = own_;
    }
    last_key_ = entry.key ? std::optional(entry.position) : std::nullopt;
}

void Journal::clear() {
    memory_.clear();
    cursor_ = own_ = 0;
    open_.clear();
    last_key_.reset();
    recording_ = false;
}

} // namespace daedalus::replay
