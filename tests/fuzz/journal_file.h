// SPDX-License-Identifier: BSD-2-Clause
// The file of a session's journal, and a hostile worker's hand on it.
#pragma once

#include "fuzz/fuzz_input.h"
#include "replay/journal_memory.h"

#include <unistd.h>

namespace daedalus::fuzz {

class JournalFile {
  public:
    /// How long the ring is that these inputs are for.
    static constexpr std::size_t ring_size = 65536;

    JournalFile() {
        auto memory = replay::JournalMemory::create(ring_size);
        require(memory.has_value());
        memory_ = std::move(*memory);
    }

    /// As the next worker of the session maps it.
    [[nodiscard]] replay::JournalMemory map() const {
        auto mapped = replay::JournalMemory::map(memory_);
        require(mapped.has_value());
        return std::move(*mapped);
    }

    /// Input: a byte with the number's place in the header, then the number.
    void write_header(FuzzInput& input) const {
        const std::size_t offset = input.take<std::uint8_t>() % header_cells * sizeof(std::uint64_t);
        write(offset, input.bytes(sizeof(std::uint64_t)));
    }

    /// Input: two bytes with the place in the ring, a byte with the length, then the bytes.
    void write_ring(FuzzInput& input) const {
        const std::size_t offset = input.take<std::uint16_t>();
        const auto bytes = input.bytes(input.take<std::uint8_t>());
        write(ring_offset + offset, bytes.first(std::min(bytes.size(), ring_size - offset)));
    }

  private:
    // Of journal_memory.cpp.
    static constexpr std::size_t ring_offset = 65536;
    static constexpr std::size_t header_cells = 5;

    void write(std::size_t offset, std::span<const std::uint8_t> bytes) const {
        require(pwrite(memory_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
                static_cast<ssize_t>(bytes.size()));
    }

    util::UniqueFd memory_;
};

/// The whole of a target. Input: a byte with the codec, then steps for Journals::run().
template <typename Journals>
int run_steps(const std::uint8_t* data, std::size_t size) {
    FuzzInput input(data, size);
    Journals journals(take_codec(input));
    while (!input.empty())
        journals.run(input);
    return 0;
}

} // namespace daedalus::fuzz
