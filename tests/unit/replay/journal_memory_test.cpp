// SPDX-License-Identifier: BSD-2-Clause
#include "replay/journal_memory.h"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <random>
#include <vector>

namespace daedalus::replay {
namespace {

using Bytes = std::vector<std::byte>;

JournalMemory make(std::size_t size, util::UniqueFd* keep = nullptr) {
    auto fd = JournalMemory::create(size);
    EXPECT_TRUE(fd) << fd.error().message;
    auto memory = JournalMemory::map(*fd);
    EXPECT_TRUE(memory) << memory.error().message;
    if (keep)
        *keep = std::move(*fd);
    return std::move(*memory);
}

Bytes content(std::uint64_t cookie, std::size_t length) {
    Bytes bytes(length);
    for (std::size_t i = 0; i < length; i++)
        bytes[i] = static_cast<std::byte>(cookie + i);
    return bytes;
}

bool add(JournalMemory& memory, std::uint64_t cookie, std::size_t length) {
    const auto room = memory.room(length);
    if (!room)
        return false;
    EXPECT_EQ(room->size(), length);
    std::ranges::copy(content(cookie, length), room->begin());
    memory.add(cookie, length);
    return true;
}

TEST(JournalMemory, RecordsComeBackInOrder) {
    JournalMemory memory = make(1);
    EXPECT_TRUE(memory.empty());
    for (std::uint64_t cookie = 1; cookie <= 10; cookie++)
        ASSERT_TRUE(add(memory, cookie, cookie * 8));
    auto at = memory.begin();
    for (std::uint64_t cookie = 1; cookie <= 10; cookie++) {
        const auto record = memory.read(at);
        ASSERT_TRUE(record);
        EXPECT_EQ(record->header.cookie, cookie);
        EXPECT_EQ(record->header.decoded, 0U);
        EXPECT_TRUE(std::ranges::equal(record->bytes, content(cookie, cookie * 8)));
        memory.set_decoded(record->position);
        EXPECT_EQ(memory.read(at)->header.decoded, 1U);
        at = record->next;
    }
    EXPECT_FALSE(memory.read(at));
    memory.clear();
    EXPECT_TRUE(memory.empty());
    EXPECT_FALSE(memory.read(memory.begin()));
}

/// Round and round, with records of all sizes, never more of them than there is room for.
TEST(JournalMemory, TheRingTurns) {
    JournalMemory memory = make(65536);
    std::mt19937 random(1);
    std::deque<std::pair<std::uint64_t, std::size_t>> model;
    std::uint64_t cookie = 0;
    for (int round = 0; round < 3000; round++) {
        const std::size_t length = random() % 1500 * 8;
        while (!memory.room(length)) {
            ASSERT_FALSE(model.empty());
            const auto oldest = memory.read(memory.begin());
            ASSERT_TRUE(oldest);
            memory.forget_before(oldest->next);
            model.pop_front();
        }
        ASSERT_TRUE(add(memory, ++cookie, length));
        model.emplace_back(cookie, length);
        auto at = memory.begin();
        for (const auto& [wanted, size] : model) {
            const auto record = memory.read(at);
            ASSERT_TRUE(record);
            ASSERT_EQ(record->header.cookie, wanted);
            ASSERT_TRUE(std::ranges::equal(record->bytes, content(wanted, size)));
            at = record->next;
        }
        ASSERT_FALSE(memory.read(at));
    }
}

TEST(JournalMemory, IsFullInTheEnd) {
    JournalMemory memory = make(65536);
    std::size_t count = 0;
    while (add(memory, ++count, 1000))
        ASSERT_LT(count, 100U);
    EXPECT_EQ(count, 65536U / 1016 + 1);
    EXPECT_FALSE(memory.room(65536));
    EXPECT_FALSE(memory.room(std::size_t{1} << 40));
    EXPECT_FALSE(memory.room(7)) << "lengths are multiples of 8";
}

TEST(JournalMemory, OutlivesItsMapping) {
    util::UniqueFd fd;
    {
        JournalMemory memory = make(1, &fd);
        ASSERT_TRUE(add(memory, 7, 16));
        memory.set_note(JournalMemory::Note::owner, 3);
    }
    const auto again = JournalMemory::map(fd);
    ASSERT_TRUE(again);
    EXPECT_EQ(again->note(JournalMemory::Note::owner), 3U);
    ASSERT_TRUE(again->read(again->begin()));
    EXPECT_EQ(again->read(again->begin())->header.cookie, 7U);
}

TEST(JournalMemory, IsSealedAndNothingElseIsTaken) {
    const auto fd = JournalMemory::create(100);
    ASSERT_TRUE(fd);
    EXPECT_NE(ftruncate(fd->get(), 0), 0);
    const util::UniqueFd other(memfd_create("other", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    ASSERT_EQ(ftruncate(other.get(), 1 << 20), 0);
    EXPECT_FALSE(JournalMemory::map(other)) << "could be cut short under our feet";
    const util::UniqueFd pipe_end(dup(STDIN_FILENO));
    EXPECT_FALSE(JournalMemory::map(pipe_end));
    EXPECT_FALSE(JournalMemory::map(util::UniqueFd()));
}

/// Whatever stands in it: reading comes to an end, inside the memory, and writing goes on after clear().
TEST(JournalMemory, RubbishIsHarmless) {
    std::mt19937_64 random(1);
    for (int round = 0; round < 2000; round++) {
        util::UniqueFd fd;
        JournalMemory memory = make(65536, &fd);
        for (std::uint64_t cookie = 1; cookie < 50; cookie++)
            ASSERT_TRUE(add(memory, cookie, random() % 100 * 8));
        auto* bytes = static_cast<std::uint8_t*>(
            mmap(nullptr, 131072, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0));
        ASSERT_NE(bytes, MAP_FAILED);
        for (auto changes = random() % 20; changes > 0; changes--) {
            const std::uint64_t where = random() % 3 == 0 ? random() % 32 : 65536 + random() % 30000;
            bytes[where] = static_cast<std::uint8_t>(random() % 4 == 0 ? 0xff : random());
        }
        std::uint64_t sum = 0;
        auto at = memory.begin();
        for (int records = 0; const auto record = memory.read(at); records++) {
            ASSERT_LT(records, 70000);
            for (const std::byte byte : record->bytes)
                sum += std::to_integer<unsigned>(byte);
            ASSERT_GT(record->next, at);
            at = record->next;
        }
        (void)memory.room(800);
        memory.clear();
        ASSERT_TRUE(add(memory, 1000 + sum, 64));
        ASSERT_TRUE(memory.read(memory.begin()));
        munmap(bytes, 131072);
    }
}

} // namespace
} // namespace daedalus::replay
