// SPDX-License-Identifier: BSD-2-Clause
// What a stateful session's workers have decoded since the last key frame, and what of it the client has
// seen, for the next one to go on where they were.
//
// Records of the ring are inputs, marked when the decoder has taken them in; pictures that were shown, by the
// cookie of their input; and the stream's parameter sets as far as they are known. All but the newest sets
// may be forgotten once the picture of a key frame is shown, up to that key frame's input, or, when a drain
// shows it, up to that of the key frame before.
#pragma once

#include "bitstream/stream_units.h"
#include "daedalus/protocol.h"
#include "replay/journal_memory.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace daedalus::replay {

/// How careful a worker has to be with what it finds, after workers that died of it.
enum class Care {
    none,       ///< at full speed
    one_by_one, ///< each input decoded before the next one is begun, so that what kills is known
    drop        ///< nothing is left to be decoded again
};

/// Of one worker, over the memory that it shares with those before and after it.
class StreamJournal {
  public:
    /// What the decoder gets.
    struct Input {
        std::uint64_t cookie = 0;
        std::uint64_t timestamp = 0; ///< ns
        std::span<const std::byte> bytes;
    };

    explicit StreamJournal(JournalMemory memory) : memory_(std::move(memory)) {}

    /// Before all else. What another codec left is dropped, and what is of epochs before `epoch`, which the
    /// client has sought away from. What killed the worker before is passed over, if it is known.
    void open(daedalus_codec codec, std::uint32_t epoch);
    /// As the next worker would, by the same one, whose decoder has lost its references. Everything that was
    /// taken in has been answered.
    void open_again();
    [[nodiscard]] Care care() const { return care_; }

    /// The parameter sets that were seen before what is left of the inputs; may be empty.
    [[nodiscard]] std::vector<std::byte> parameter_sets() const;
    /// The oldest input that this worker has not seen, for it to copy and to decode again. It is noted as
    /// what is being decoded.
    std::optional<Input> next();
    /// What is found in an input that next() gave.
    void seen(const bitstream::Piece& piece) { keep_parameter_sets(piece); }
    /// All of it is decoded.
    void end_replay();
    /// Whether an earlier worker has shown a picture of this input, which is then no more asked for.
    bool take_shown(std::uint64_t cookie);
    /// Whether next() gave it: the kernel has not heard that an earlier worker had taken it in.
    [[nodiscard]] bool has_replayed(std::uint64_t cookie) const;

    /// An input that is about to be decoded.
    void append(const Input& input, const bitstream::Piece& piece);
    /// The last one that append() was called for is taken in. Before COMPLETE: what is answered must be here.
    void taken_in();
    /// A picture of this input is about to be shown; `early`, by a drain: pictures that belong before it may
    /// follow, and be predicted from what was decoded before a key frame.
    void shown(std::uint64_t cookie, bool early = false);
    /// References are void.
    void clear();

  private:
    struct Key {
        std::uint64_t cookie;
        JournalMemory::Position position; ///< of the first input that belongs to it
    };
    struct Record;

    std::optional<Record> read(JournalMemory::Position at) const;
    std::optional<JournalMemory::Position> add(std::uint64_t cookie, std::uint32_t kind,
                                               std::uint64_t timestamp, std::span<const std::byte> bytes);
    void drop();
    void drop_but_sets();
    void note_input(std::uint64_t cookie, JournalMemory::Position at, std::uint32_t kind);
    void keep_parameter_sets(const bitstream::Piece& piece);
    void keep_parameter_set(std::span<const std::byte> set);
    bool write_parameter_sets();

    JournalMemory memory_;
    daedalus_codec codec_ = DAEDALUS_CODEC_H264;
    std::uint32_t epoch_ = 0;
    Care care_ = Care::none;
    JournalMemory::Position cursor_ = 0;  ///< what earlier workers have written and this one has not seen
    JournalMemory::Position own_ = 0;     ///< where its own records begin
    std::uint64_t skipped_ = 0;           ///< an input that killed a worker; 0: none
    std::vector<std::uint64_t> replayed_; ///< what next() has passed, in rising order
    std::vector<std::uint64_t> shown_;    ///< by earlier workers, and not asked for yet
    bool recording_ = false;              ///< from a key frame on, as long as there is room
    std::optional<JournalMemory::Position> last_;    ///< the last input, until it is taken in
    std::optional<JournalMemory::Position> headers_; ///< the first input since the last picture
    std::deque<Key> keys_;                           ///< not shown yet, the oldest first
    std::deque<std::vector<std::byte>> sets_;        ///< the newest last
};

} // namespace daedalus::replay
