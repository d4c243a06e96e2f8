// SPDX-License-Identifier: BSD-2-Clause
// The journal of a stateful session's worker that was hostile, or died in the middle of writing it, read by
// the next one. Input: a byte with the codec, then steps; see the switch.
#include "replay/stream_journal.h"
#include "fuzz/journal_file.h"

#include <optional>
#include <vector>

namespace {

using namespace daedalus;
using fuzz::require;

enum class Step : std::uint8_t {
    write_header,
    write_ring,
    next_worker,
    replay,
    append,
    taken_in,
    shown,
    take_shown,
    clear,
    count,
};

class Journals {
  public:
    explicit Journals(daedalus_codec codec) : codec_(codec) { start(0); }

    void run(fuzz::FuzzInput& input) {
        switch (static_cast<Step>(input.take<std::uint8_t>() % static_cast<std::uint8_t>(Step::count))) {
        case Step::write_header:
            file_.write_header(input);
            break;
        case Step::write_ring:
            file_.write_ring(input);
            break;
        case Step::next_worker:
            codec_ = fuzz::take_codec(input);
            start(input.take<std::uint8_t>());
            break;
        case Step::replay:
            replay(input.take<std::uint8_t>());
            break;
        case Step::append:
            append(input);
            break;
        case Step::taken_in:
            journal_->taken_in();
            break;
        case Step::shown:
            journal_->shown(cookie(input));
            break;
        case Step::take_shown: {
            const std::uint64_t asked = cookie(input);
            // A hostile worker may have written it any number of times, but no more than there is room for.
            for (std::size_t times = 0; journal_->take_shown(asked); times++)
                require(times <= most_records);
            break;
        }
        case Step::clear:
            journal_->clear();
            require(!journal_->next());
            break;
        case Step::count:
            break;
        }
    }

  private:
    static constexpr std::size_t most_records = fuzz::JournalFile::ring_size / sizeof(replay::RecordHeader);
    static constexpr std::size_t most_set_bytes = 65536; // of stream_journal.cpp

    /// The next worker of the session, of whatever it finds.
    void start(std::uint32_t epoch) {
        journal_.reset();
        journal_.emplace(file_.map());
        journal_->open(codec_, epoch);
        require(journal_->parameter_sets().size() <= most_set_bytes);
    }

    /// As a worker begins: up to `most` inputs, fewer if it dies of one; without an end if it has.
    void replay(std::size_t most) {
        std::vector<std::byte> decoded = journal_->parameter_sets();
        std::uint64_t last = 0;
        for (std::size_t inputs = 0;; inputs++) {
            require(inputs <= most_records);
            if (inputs == most)
                return;
            const auto found = journal_->next();
            if (!found)
                break;
            require(found->cookie > last);
            last = found->cookie;
            require(journal_->has_replayed(last));
            require(found->bytes.size() <= fuzz::JournalFile::ring_size);
            // As a worker does: a copy, which also shows that all of it can be read.
            decoded.assign(found->bytes.begin(), found->bytes.end());
            journal_->seen(bitstream::examine(codec_, decoded));
        }
        journal_->end_replay();
    }

    void append(fuzz::FuzzInput& input) {
        const std::uint64_t asked = cookie(input);
        const auto padding = input.take<std::uint16_t>();
        const auto head = std::as_bytes(input.bytes(input.take<std::uint8_t>()));
        std::vector<std::byte> bytes(head.begin(), head.end());
        bytes.resize(bytes.size() + padding);
        journal_->append({.cookie = asked, .timestamp = asked, .bytes = bytes},
                         bitstream::examine(codec_, bytes));
        require(journal_->parameter_sets().size() <= most_set_bytes);
    }

    /// As the kernel makes them: the seek's number above, and no zero below.
    static std::uint64_t cookie(fuzz::FuzzInput& input) {
        const std::uint64_t epoch = input.take<std::uint8_t>();
        return epoch << 32 | (input.take<std::uint8_t>() + std::uint64_t{2});
    }

    daedalus_codec codec_;
    fuzz::JournalFile file_;
    std::optional<replay::StreamJournal> journal_;
};

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run_steps<Journals>(data, size);
}
