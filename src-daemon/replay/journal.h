// SPDX-License-Identifier: BSD-2-Clause
// What a session's workers have decoded since the last key frame, for the next one to decode again: so it has
// the references that its predecessor had.
//
// The kernel redelivers, in order, every job that was not answered. What was answered is in the journal. So a
// worker that gets a DECODE decodes before it whatever the journal has of older jobs of the same epoch and it
// has not seen itself; nothing more has to be known about how and where the one before it ended.
#pragma once

#include "bridge/messages.h"
#include "replay/journal_memory.h"
#include "replay/picture_kind.h"
#include "util/recycled_memory.h"

#include <cstdint>
#include <deque>
#include <optional>
#include <span>

namespace daedalus::replay {

/// Of one worker, over the memory that it shares with those before and after it.
class Journal {
  public:
    explicit Journal(JournalMemory memory) : memory_(std::move(memory)) {}

    /// Before all else. What another codec left is dropped, and what the worker before died of decoding
    /// again.
    void open(daedalus_codec codec);

    /// The message of the oldest job before `cookie` that an earlier worker decoded and this one has not, for
    /// it to copy and to parse; nothing when there is none left. Records that no worker got through, since
    /// they killed it, are passed over.
    std::optional<std::span<const std::byte>> next_before(std::uint64_t cookie);
    /// The caller begins with, or is through with, what next_before() gives. A worker that dies in between
    /// leaves the next one without a journal.
    void set_replaying(bool replaying);

    /// A job that is about to be decoded.
    void append(const bridge::DecodeMessage& message);
    /// Its picture is finished; jobs come in order. Before COMPLETE: what is answered must be in the journal.
    void decoded(std::uint64_t cookie);
    /// References are void.
    void clear();

  private:
    struct Entry {
        std::uint64_t cookie;
        JournalMemory::Position position;
        bool key;
    };

    JournalMemory memory_;
    daedalus_codec codec_ = DAEDALUS_CODEC_H264;
    JournalMemory::Position cursor_ = 0; ///< what earlier workers have written and this one has not seen
    JournalMemory::Position own_ = 0;    ///< where its own records begin
    std::uint64_t last_ = 0;             ///< the last job that this worker has decoded or begun with
    bool recording_ = false;             ///< from a key frame on, as long as there is room
    std::pmr::deque<Entry> open_{util::recycled_memory()}; ///< its own, not decoded yet
    std::optional<JournalMemory::Position>
        last_key_; ///< decoded; what is before it goes with the next picture
};

} // namespace daedalus::replay
