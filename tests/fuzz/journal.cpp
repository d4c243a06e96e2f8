// SPDX-License-Identifier: BSD-2-Clause
// The journal of a worker that was hostile, or died in the middle of writing it, read by the next one.
// Input: a byte with the codec, then steps; see the switch.
#include "replay/journal.h"
#include "bridge/message_parser.h"
#include "fuzz/journal_file.h"
#include "fuzz/request_input.h"

#include <optional>
#include <vector>

namespace {

using namespace daedalus;
using fuzz::require;

constexpr std::size_t ring_size = fuzz::JournalFile::ring_size;

enum class Step : std::uint8_t {
    write_header,
    write_ring,
    next_worker,
    read,
    append,
    decoded,
    clear,
    count,
};

class Journals {
  public:
    explicit Journals(daedalus_codec codec) : codec_(codec) { start(); }

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
            start();
            break;
        case Step::read:
            read_before(input.take<std::uint64_t>());
            break;
        case Step::append: {
            const auto cookie = input.take<std::uint64_t>();
            const fuzz::RequestControls controls(input, codec_);
            const std::size_t size = input.take<std::uint16_t>();
            std::vector<std::byte> bitstream(size);
            journal_->append({.cookie = cookie,
                              .timestamp = cookie,
                              .dst_buffer = 1,
                              .controls = controls.set(),
                              .bitstream = bitstream});
            break;
        }
        case Step::decoded:
            journal_->decoded(input.take<std::uint64_t>());
            break;
        case Step::clear:
            journal_->clear();
            break;
        case Step::count:
            break;
        }
    }

  private:
    /// The next worker of the session, of whatever it finds.
    void start() {
        journal_.reset();
        journal_.emplace(file_.map());
        journal_->open(codec_);
    }

    void read_before(std::uint64_t cookie) {
        journal_->set_replaying(true);
        // No ring holds more records, so whoever gives more goes round in it.
        for (std::size_t records = 0;; records++) {
            require(records <= ring_size / sizeof(replay::RecordHeader));
            const auto record = journal_->next_before(cookie);
            if (!record)
                break;
            require(record->size() <= ring_size);
            // As a worker does: a copy, which also shows that all of it can be read.
            std::vector<std::byte> copy(record->begin(), record->end());
            bridge::MessageParser parser(copy);
            (void)parser.next();
        }
        journal_->set_replaying(false);
    }

    daedalus_codec codec_;
    fuzz::JournalFile file_;
    std::optional<replay::Journal> journal_;
};

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    return fuzz::run_steps<Journals>(data, size);
}
