// SPDX-License-Identifier: BSD-2-Clause
// The memory in which requests outlive the worker that decoded them: a ring of records in a memory file.
#pragma once

#include "util/error.h"
#include "util/unique_fd.h"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace daedalus::replay {

/// What a record says beside its bytes. 0 and 1 are all that `decoded` can be.
struct RecordHeader {
    std::uint64_t cookie;
    std::uint32_t length;  ///< bytes behind this header, a multiple of 8
    std::uint32_t decoded; ///< whether a worker got through it
};

/// A mapping of such a file. The file is sealed against resizing; what is in it was written by another
/// worker, which may have been hostile or may have died at any moment, so every number in it is checked
/// before use and at most leads to other records than were written.
class JournalMemory {
  public:
    /// Where a record lies: grows for ever, the ring's size is taken off for the place.
    using Position = std::uint64_t;

    /// A new file of zeros with room for records of `bytes`, rounded up. For the supervisor, which keeps the
    /// file and never looks into it.
    [[nodiscard]] static util::Result<util::UniqueFd> create(std::size_t bytes);

    /// EINVAL: not sealed, or of a size that create() does not make.
    [[nodiscard]] static util::Result<JournalMemory> map(const util::UniqueFd& fd);

    JournalMemory(JournalMemory&& other) noexcept;
    JournalMemory& operator=(JournalMemory&&) = delete;
    ~JournalMemory();

    /// A number that the owner of the ring may use, kept for the next owner.
    enum class Note {
        owner,
        replaying,
        deaths
    };
    [[nodiscard]] std::uint64_t note(Note which) const;
    void set_note(Note which, std::uint64_t value);

    [[nodiscard]] Position begin() const;
    [[nodiscard]] Position end() const;
    [[nodiscard]] bool empty() const { return begin() == end(); }

    struct Record {
        RecordHeader header;
        Position position;
        Position next;
        std::span<const std::byte> bytes;
    };
    /// The record at `at` or, behind the ring's turn, the first after it; nothing at the end or where the
    /// memory makes no sense.
    [[nodiscard]] std::optional<Record> read(Position at) const;

    /// Room for a record at the end, which add() completes. Nothing: the ring is full.
    [[nodiscard]] std::optional<std::span<std::byte>> room(std::size_t length);
    /// What was written to room() is a record now; returns where.
    Position add(std::uint64_t cookie, std::size_t length);

    void set_decoded(Position at, bool decoded = true);
    /// Forgets all records before `at`.
    void forget_before(Position at);
    /// Forgets all; positions begin anew.
    void clear();

  private:
    struct Header;
    JournalMemory(Header* header, std::size_t size) : header_(header), ring_size_(size) {}

    [[nodiscard]] std::byte* ring() const;
    /// Where a record of this many bytes begins if added now.
    [[nodiscard]] Position place(std::size_t size) const;

    Header* header_;
    std::size_t ring_size_;
};

} // namespace daedalus::replay
