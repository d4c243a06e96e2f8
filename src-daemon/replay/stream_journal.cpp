// SPDX-License-Identifier: BSD-2-Clause
#include "replay/stream_journal.h"

#include <algorithm>
#include <cstring>

namespace daedalus::replay {
namespace {

// Journals of stateless sessions have lower ones.
constexpr std::uint64_t first_owner = 0x100;
constexpr std::uint64_t no_input = 1; // being decoded again, but which is not known; no cookie is so low
constexpr std::uint64_t most_deaths = 3;
constexpr std::uint64_t sets_cookie = 1; // a record must have one
constexpr std::size_t most_set_bytes = 65536;
constexpr std::size_t alignment = 8;

enum Kind : std::uint32_t {
    input_without_picture = 1,
    input_with_picture = 2,
    input_with_key = 3,
    picture_shown = 4,
    sets = 5
};

struct Head {
    std::uint64_t timestamp;
    std::uint32_t kind;
    std::uint32_t size; ///< of what follows, without its padding
};
static_assert(sizeof(Head) % alignment == 0);

bool is_input(std::uint32_t kind) {
    return kind >= input_without_picture && kind <= input_with_key;
}

} // namespace

struct StreamJournal::Record {
    JournalMemory::Record record;
    Head head;
    std::span<const std::byte> bytes;
};

std::optional<StreamJournal::Record> StreamJournal::read(JournalMemory::Position at) const {
    const auto record = memory_.read(at);
    if (!record || record->bytes.size() < sizeof(Head))
        return std::nullopt;
    Head head = {};
    std::memcpy(&head, record->bytes.data(), sizeof(head));
    if (head.size > record->bytes.size() - sizeof(head))
        return std::nullopt;
    return Record{.record = *record, .head = head, .bytes = record->bytes.subspan(sizeof(head), head.size)};
}

void StreamJournal::open(daedalus_codec codec, std::uint32_t epoch) {
    codec_ = codec;
    epoch_ = epoch;
    const std::uint64_t owner = first_owner + codec;
    const std::uint64_t replaying = memory_.note(JournalMemory::Note::replaying);
    std::uint64_t deaths = memory_.note(JournalMemory::Note::deaths);
    if (memory_.note(JournalMemory::Note::owner) != owner) {
        memory_.clear();
        deaths = 0;
    } else if (replaying != 0) {
        deaths++;
        skipped_ = replaying == no_input ? 0 : replaying;
    }
    if (deaths >= most_deaths) {
        care_ = Care::drop;
        memory_.clear();
        deaths = 0;
    } else if (deaths > 0) {
        care_ = Care::one_by_one;
    }
    memory_.set_note(JournalMemory::Note::owner, owner);
    memory_.set_note(JournalMemory::Note::deaths, deaths);
    memory_.set_note(JournalMemory::Note::replaying, 0);

    own_ = memory_.end();
    cursor_ = memory_.begin();
    for (auto at = cursor_; at < own_;) {
        const auto found = read(at);
        if (!found) { // the worker that wrote it may have been hostile
            shown_.clear();
            drop();
            return;
        }
        const auto& [record, head, bytes] = *found;
        at = record.next;
        if (head.kind == sets) {
            keep_parameter_set(bytes.first(std::min(bytes.size(), most_set_bytes)));
            continue;
        }
        if (record.header.cookie >> 32 < epoch) { // sought away from, and the worker was not told
            cursor_ = at;
            shown_.clear();
            keys_.clear();
            headers_.reset();
        } else if (head.kind == picture_shown) {
            shown_.push_back(record.header.cookie);
        } else if (record.header.decoded == 1) {
            note_input(record.header.cookie, record.position, head.kind);
        }
    }
    // What does not begin with a key frame can't be decoded, nor what comes behind it.
    recording_ = !keys_.empty();
    if (!recording_)
        clear(); // which leaves the sets
}

void StreamJournal::open_again() {
    care_ = Care::none;
    skipped_ = 0;
    replayed_.clear();
    shown_.clear();
    recording_ = false;
    last_.reset();
    headers_.reset();
    keys_.clear();
    open(codec_, epoch_);
}

std::vector<std::byte> StreamJournal::parameter_sets() const {
    std::vector<std::byte> joined;
    for (const auto& set : sets_)
        joined.insert(joined.end(), set.begin(), set.end());
    return joined;
}

std::optional<StreamJournal::Input> StreamJournal::next() {
    while (cursor_ < own_) {
        const auto found = read(cursor_);
        if (!found)
            break;
        const auto& [record, head, bytes] = *found;
        cursor_ = record.next;
        const std::uint64_t cookie = record.header.cookie;
        // What was not taken in the kernel delivers itself. What it delivered twice may be here twice.
        if (!is_input(head.kind) || record.header.decoded != 1 ||
            (!replayed_.empty() && cookie <= replayed_.back()))
            continue;
        replayed_.push_back(cookie);
        if (cookie == skipped_) {
            memory_.set_decoded(record.position, false);
            continue;
        }
        memory_.set_note(JournalMemory::Note::replaying, care_ == Care::none ? no_input : cookie);
        return Input{.cookie = cookie, .timestamp = head.timestamp, .bytes = bytes};
    }
    cursor_ = own_;
    return std::nullopt;
}

bool StreamJournal::has_replayed(std::uint64_t cookie) const {
    return std::ranges::binary_search(replayed_, cookie);
}

void StreamJournal::end_replay() {
    memory_.set_note(JournalMemory::Note::replaying, 0);
    memory_.set_note(JournalMemory::Note::deaths, 0);
}

bool StreamJournal::take_shown(std::uint64_t cookie) {
    const auto found = std::ranges::find(shown_, cookie);
    if (found == shown_.end())
        return false;
    shown_.erase(found);
    return true;
}

std::optional<JournalMemory::Position> StreamJournal::add(std::uint64_t cookie, std::uint32_t kind,
                                                          std::uint64_t timestamp,
                                                          std::span<const std::byte> bytes) {
    const std::size_t length = (sizeof(Head) + bytes.size() + alignment - 1) / alignment * alignment;
    const auto room = memory_.room(length);
    if (!room)
        return std::nullopt;
    const Head head = {
        .timestamp = timestamp, .kind = kind, .size = static_cast<std::uint32_t>(bytes.size())};
    std::memcpy(room->data(), &head, sizeof(head));
    std::ranges::copy(bytes, room->begin() + sizeof(head));
    return memory_.add(cookie, length);
}

void StreamJournal::append(const Input& input, const bitstream::Piece& piece) {
    last_.reset();
    keep_parameter_sets(piece);
    if (piece.key && !recording_) {
        drop_but_sets();
        recording_ = true;
    }
    if (!recording_)
        return;
    const Kind kind = piece.key ? input_with_key : piece.picture ? input_with_picture : input_without_picture;
    last_ = add(input.cookie, kind, input.timestamp, input.bytes);
    if (!last_) {
        drop_but_sets(); // a part is of no use; again from the next key frame on, if it isn't this one
        last_ = piece.key ? add(input.cookie, kind, input.timestamp, input.bytes) : std::nullopt;
    }
    recording_ = last_.has_value();
    if (last_)
        note_input(input.cookie, *last_, kind);
}

void StreamJournal::note_input(std::uint64_t cookie, JournalMemory::Position at, std::uint32_t kind) {
    const JournalMemory::Position first = headers_.value_or(at);
    if (kind == input_with_key)
        keys_.push_back({cookie, first});
    if (kind == input_without_picture)
        headers_ = first;
    else
        headers_.reset();
}

void StreamJournal::taken_in() {
    if (last_)
        memory_.set_decoded(*last_);
    last_.reset();
}

void StreamJournal::shown(std::uint64_t cookie, bool early) {
    if (!recording_)
        return;
    const auto key = std::ranges::find(keys_, cookie, &Key::cookie);
    // The oldest that is needed still; none of a picture that is no key frame's.
    const auto oldest = key != keys_.end() && early ? std::max(key, keys_.begin() + 1) - 1 : key;
    // The sets may lie in what is forgotten.
    const bool forget = oldest != keys_.end() && oldest->position != memory_.begin();
    if (!add(cookie, picture_shown, 0, {}) || (forget && !write_parameter_sets())) {
        drop_but_sets();
        return;
    }
    if (forget)
        memory_.forget_before(oldest->position);
    // The oldest stays: a drain may show the next one.
    if (oldest != keys_.end())
        keys_.erase(keys_.begin(), oldest);
}

void StreamJournal::clear() {
    shown_.clear();
    drop_but_sets();
}

/// What earlier workers have shown the decoder may still have, and give: that stays known.
void StreamJournal::drop_but_sets() {
    drop();
    (void)write_parameter_sets(); // if there is no room for them, there is none for pictures
}

void StreamJournal::drop() {
    memory_.clear();
    cursor_ = own_ = 0;
    keys_.clear();
    last_.reset();
    headers_.reset();
    recording_ = false;
}

void StreamJournal::keep_parameter_sets(const bitstream::Piece& piece) {
    for (const auto& set : piece.parameter_sets)
        keep_parameter_set(set);
}

/// As the last one: of two with one name the newer counts.
void StreamJournal::keep_parameter_set(std::span<const std::byte> set) {
    const auto known = std::ranges::find_if(
        sets_, [&](const std::vector<std::byte>& kept) { return std::ranges::equal(kept, set); });
    if (known != sets_.end())
        std::rotate(known, known + 1, sets_.end());
    else
        sets_.emplace_back(set.begin(), set.end());
    std::size_t bytes = 0;
    for (const auto& set : sets_)
        bytes += set.size();
    for (; bytes > most_set_bytes; sets_.pop_front())
        bytes -= sets_.front().size();
}

bool StreamJournal::write_parameter_sets() {
    return std::ranges::all_of(sets_, [this](const std::vector<std::byte>& set) {
        return add(sets_cookie, sets, 0, set).has_value();
    });
}

} // namespace daedalus::replay
