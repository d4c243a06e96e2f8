// SPDX-License-Identifier: BSD-2-Clause
#include "replay/journal_memory.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace daedalus::replay {
namespace {

constexpr std::size_t page_size = 65536; // a multiple of every page size there is
constexpr std::size_t alignment = 8;
constexpr int seals = F_SEAL_SHRINK | F_SEAL_GROW;

using Cell = std::atomic<std::uint64_t>;
static_assert(Cell::is_always_lock_free);
static_assert(sizeof(RecordHeader) % alignment == 0);

} // namespace

// Behind it, from the second page on, is the ring.
struct JournalMemory::Header {
    Cell begin;
    Cell end;
    Cell notes[3];
};

util::Result<util::UniqueFd> JournalMemory::create(std::size_t bytes) {
    util::UniqueFd fd(memfd_create("daedalus-journal", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    const std::size_t size = page_size + (bytes + page_size - 1) / page_size * page_size;
    if (!fd || ftruncate(fd.get(), static_cast<off_t>(size)) != 0 ||
        fcntl(fd.get(), F_ADD_SEALS, seals | F_SEAL_SEAL) != 0)
        return util::fail_errno("cannot make a session's journal");
    return fd;
}

util::Result<JournalMemory> JournalMemory::map(const util::UniqueFd& fd) {
    const int present = fcntl(fd.get(), F_GET_SEALS);
    struct stat status = {};
    if (present < 0 || fstat(fd.get(), &status) != 0)
        return util::fail_errno("cannot look at the journal");
    const auto size = static_cast<std::size_t>(status.st_size);
    if ((present & seals) != seals || size % page_size != 0 || size < 2 * page_size)
        return util::fail(EINVAL, "what came as a journal is none");
    void* memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0);
    if (memory == MAP_FAILED)
        return util::fail_errno("cannot map the journal");
    return JournalMemory(static_cast<Header*>(memory), size - page_size);
}

JournalMemory::JournalMemory(JournalMemory&& other) noexcept
    : header_(std::exchange(other.header_, nullptr)), ring_size_(other.ring_size_) {}

JournalMemory::~JournalMemory() {
    if (header_ != nullptr)
        munmap(header_, page_size + ring_size_);
}

std::byte* JournalMemory::ring() const {
    return reinterpret_cast<std::byte*>(header_) + page_size;
}

std::uint64_t JournalMemory::note(Note which) const {
    return header_->notes[static_cast<std::size_t>(which)].load(std::memory_order_relaxed);
}

void JournalMemory::set_note(Note which, std::uint64_t value) {
    header_->notes[static_cast<std::size_t>(which)].store(value, std::memory_order_relaxed);
}

JournalMemory::Position JournalMemory::begin() const {
    return header_->begin.load(std::memory_order_relaxed);
}

JournalMemory::Position JournalMemory::end() const {
    return header_->end.load(std::memory_order_acquire);
}

std::optional<JournalMemory::Record> JournalMemory::read(Position at) const {
    const Position last = end();
    for (;;) {
        if (at >= last || last - at > ring_size_ || at % alignment != 0)
            return std::nullopt;
        const std::size_t offset = at % ring_size_, left = ring_size_ - offset;
        RecordHeader header = {};
        if (left >= sizeof(header))
            std::memcpy(&header, ring() + offset, sizeof(header));
        if (header.cookie == 0) { // what is left before the ring's turn
            at += left;
            continue;
        }
        const std::size_t size = sizeof(header) + std::size_t{header.length};
        if (header.length % alignment != 0 || size > left || size > last - at)
            return std::nullopt;
        return Record{.header = header,
                      .position = at,
                      .next = at + size,
                      .bytes = {ring() + offset + sizeof(header), header.length}};
    }
}

JournalMemory::Position JournalMemory::place(std::size_t size) const {
    const Position at = end();
    const std::size_t left = ring_size_ - at % ring_size_;
    return size <= left ? at : at + left;
}

std::optional<std::span<std::byte>> JournalMemory::room(std::size_t length) {
    const std::size_t size = sizeof(RecordHeader) + length;
    if (length % alignment != 0 || size > ring_size_)
        return std::nullopt;
    const Position at = place(size);
    if (at + size - begin() > ring_size_)
        return std::nullopt;
    return std::span(ring() + at % ring_size_ + sizeof(RecordHeader), length);
}

JournalMemory::Position JournalMemory::add(std::uint64_t cookie, std::size_t length) {
    const Position at = place(sizeof(RecordHeader) + length), old_end = end();
    constexpr RecordHeader turn = {};
    if (at != old_end && at - old_end >= sizeof(turn))
        std::memcpy(ring() + old_end % ring_size_, &turn, sizeof(turn));
    const RecordHeader header = {cookie, static_cast<std::uint32_t>(length), 0};
    std::memcpy(ring() + at % ring_size_, &header, sizeof(header));
    // Last: a worker that dies before this has added nothing.
    header_->end.store(at + sizeof(header) + length, std::memory_order_release);
    return at;
}

void JournalMemory::set_decoded(Position at, bool decoded) {
    const std::uint32_t value = decoded ? 1 : 0;
    std::memcpy(ring() + at % ring_size_ + offsetof(RecordHeader, decoded), &value, sizeof(value));
}

void JournalMemory::forget_before(Position at) {
    header_->begin.store(at, std::memory_order_relaxed);
}

void JournalMemory::clear() {
    // In this order: there is no moment at which old records seem to be there.
    header_->end.store(0, std::memory_order_release);
    header_->begin.store(0, std::memory_order_release);
}

} // namespace daedalus::replay
