// SPDX-License-Identifier: BSD-2-Clause
// What the next worker of a stateful session finds, wherever the one before it died.
#include "replay/stream_journal.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace daedalus::replay {
namespace {

using Cookies = std::vector<std::uint64_t>;

constexpr std::uint64_t epoch = std::uint64_t{1} << 32;

std::span<const std::byte> bytes_of(std::string_view text) {
    return std::as_bytes(std::span(text));
}

class StreamJournalTest : public testing::Test {
  protected:
    StreamJournalTest() : StreamJournalTest(1U << 20) {}
    explicit StreamJournalTest(std::size_t bytes) : fd_(std::move(*JournalMemory::create(bytes))) {
        next_worker();
    }

    /// The worker has died; another one takes over.
    void next_worker(std::uint32_t input_epoch = 1, daedalus_codec codec = DAEDALUS_CODEC_H264) {
        journal_.emplace(std::move(*JournalMemory::map(fd_)));
        journal_->open(codec, input_epoch);
    }

    void begin(std::uint64_t cookie, bool key = false, std::size_t size = 100) {
        const std::vector<std::byte> bytes(size, std::byte{7});
        journal_->append({cookie, cookie * 10, bytes}, {.picture = true, .key = key, .parameter_sets = {}});
    }
    void send(std::uint64_t cookie, bool key = false, std::size_t size = 100) {
        begin(cookie, key, size);
        journal_->taken_in();
    }
    void send_headers(std::uint64_t cookie, std::string_view text) {
        journal_->append({cookie, 0, bytes_of(text)},
                         {.picture = false, .key = false, .parameter_sets = {bytes_of(text)}});
        journal_->taken_in();
    }
    Cookies replay() {
        Cookies cookies;
        while (const auto input = journal_->next())
            cookies.push_back(input->cookie);
        journal_->end_replay();
        return cookies;
    }
    std::string sets() const {
        std::string text;
        for (const std::byte byte : journal_->parameter_sets())
            text += static_cast<char>(byte);
        return text;
    }

    util::UniqueFd fd_;
    std::optional<StreamJournal> journal_;
};

TEST_F(StreamJournalTest, GivesWhatWasTakenInAsItWas) {
    send(epoch + 1, true);
    begin(epoch + 2); // the kernel will deliver it again
    next_worker();
    const auto input = journal_->next();
    ASSERT_TRUE(input);
    EXPECT_EQ(input->cookie, epoch + 1);
    EXPECT_EQ(input->timestamp, (epoch + 1) * 10);
    EXPECT_EQ(input->bytes.size(), 100U);
    EXPECT_EQ(input->bytes[99], std::byte{7});
    EXPECT_FALSE(journal_->next());
    EXPECT_TRUE(journal_->has_replayed(epoch + 1));
    EXPECT_FALSE(journal_->has_replayed(epoch + 2));
}

TEST_F(StreamJournalTest, AForgedInputStandsForNoOther) {
    send(epoch + 1, true);
    send(~std::uint64_t{0}, true);
    next_worker();
    EXPECT_EQ(replay(), (Cookies{epoch + 1, ~std::uint64_t{0}}));
    EXPECT_TRUE(journal_->has_replayed(epoch + 1));
    EXPECT_FALSE(journal_->has_replayed(epoch + 2));
    EXPECT_FALSE(journal_->has_replayed(2 * epoch + 1));
}

TEST_F(StreamJournalTest, WhatIsNoKeyFrameBeginsNothing) {
    send(epoch + 1);
    next_worker();
    EXPECT_EQ(replay(), Cookies());
}

TEST_F(StreamJournalTest, PicturesAreShownOnceEach) {
    send(epoch + 1, true);
    send(epoch + 2);
    journal_->shown(epoch + 1);
    journal_->shown(epoch + 2);
    journal_->shown(epoch + 2); // one input may hold two
    next_worker();
    EXPECT_EQ(replay(), (Cookies{epoch + 1, epoch + 2}));
    EXPECT_TRUE(journal_->take_shown(epoch + 1));
    EXPECT_FALSE(journal_->take_shown(epoch + 1));
    EXPECT_TRUE(journal_->take_shown(epoch + 2));
    EXPECT_TRUE(journal_->take_shown(epoch + 2));
    EXPECT_FALSE(journal_->take_shown(epoch + 2));
}

TEST_F(StreamJournalTest, AKeyFrameThatIsShownEndsWhatIsBeforeIt) {
    send(epoch + 1, true);
    send(epoch + 2);
    send(epoch + 3, true);
    send(epoch + 4);
    journal_->shown(epoch + 2);
    journal_->shown(epoch + 4); // may need what is before the key frame
    next_worker();
    EXPECT_EQ(replay().size(), 4U);
    journal_->shown(epoch + 3);
    send(epoch + 5);
    next_worker();
    EXPECT_EQ(replay(), (Cookies{epoch + 3, epoch + 4, epoch + 5}));
    next_worker();
    EXPECT_EQ(replay(), (Cookies{epoch + 3, epoch + 4, epoch + 5}));
}

TEST_F(StreamJournalTest, AKeyFrameThatADrainShowsKeepsTheGroupBeforeIt) {
    send(epoch + 1, true);
    send(epoch + 2, true);
    send(epoch + 3);
    journal_->shown(epoch + 1, true);
    journal_->shown(epoch + 2, true);
    send(epoch + 4, true);
    next_worker();
    EXPECT_EQ(replay(), (Cookies{epoch + 1, epoch + 2, epoch + 3, epoch + 4}));
    journal_->shown(epoch + 4, true);
    next_worker();
    EXPECT_EQ(replay(), (Cookies{epoch + 2, epoch + 3, epoch + 4}));
    journal_->shown(epoch + 4);
    next_worker();
    EXPECT_EQ(replay(), (Cookies{epoch + 4}));
}

TEST_F(StreamJournalTest, OneThatWasShownInItsTurnIsKeptForADrainToo) {
    send(epoch + 1, true);
    journal_->shown(epoch + 1);
    send(epoch + 2);
    send(epoch + 3, true);
    journal_->shown(epoch + 3, true);
    next_worker();
    EXPECT_EQ(replay(), (Cookies{epoch + 1, epoch + 2, epoch + 3}));
}

TEST_F(StreamJournalTest, WhatWasShownStaysKnownWhenThereIsNoRoom) {
    send(epoch + 1, true);
    journal_->shown(epoch + 1);
    journal_->open_again();
    EXPECT_EQ(replay().size(), 1U);
    send(epoch + 2, false, 2U << 20);
    EXPECT_TRUE(journal_->take_shown(epoch + 1)); // the decoder gives it still
}

TEST_F(StreamJournalTest, ParameterSetsStayWhereNothingElseIs) {
    send_headers(epoch + 1, "sps");
    send(epoch + 2, true);
    send(epoch + 3, false, 2U << 20);
    for (int round = 0; round < 3; round++)
        journal_->open_again();
    next_worker();
    EXPECT_EQ(sets(), "sps");
}

TEST_F(StreamJournalTest, IsReadAgainByTheSameWorker) {
    send_headers(epoch + 1, "sps");
    send(epoch + 2, true);
    send(epoch + 3);
    journal_->shown(epoch + 2);
    for (int round = 0; round < 2; round++) {
        journal_->open_again();
        EXPECT_EQ(sets(), "sps");
        EXPECT_EQ(replay(), (Cookies{epoch + 2, epoch + 3}));
        EXPECT_TRUE(journal_->take_shown(epoch + 2));
        EXPECT_FALSE(journal_->take_shown(epoch + 3));
    }
    send(epoch + 4);
    journal_->open_again();
    EXPECT_EQ(replay(), (Cookies{epoch + 2, epoch + 3, epoch + 4}));
    EXPECT_FALSE(journal_->has_replayed(epoch + 5));
}

TEST_F(StreamJournalTest, HeadersInFrontOfAKeyFrameStayWithIt) {
    send(epoch + 1, true);
    send_headers(epoch + 2, "sps");
    send_headers(epoch + 3, "pps");
    send(epoch + 4, true);
    journal_->shown(epoch + 1);
    journal_->shown(epoch + 4);
    next_worker();
    EXPECT_EQ(replay(), (Cookies{epoch + 2, epoch + 3, epoch + 4}));
}

TEST_F(StreamJournalTest, ParameterSetsOutliveKeyFramesSeeksAndWorkers) {
    send_headers(epoch + 1, "sps");
    send_headers(epoch + 2, "pps");
    send(epoch + 3, true);
    send(epoch + 4, true);
    journal_->shown(epoch + 3);
    journal_->shown(epoch + 4);
    next_worker();
    EXPECT_EQ(sets(), "spspps");
    EXPECT_EQ(replay(), Cookies{epoch + 4});
    journal_->clear();
    next_worker();
    EXPECT_EQ(sets(), "spspps");
    EXPECT_EQ(replay(), Cookies());
}

TEST_F(StreamJournalTest, OfTwoSetsTheNewerComesLast) {
    send_headers(epoch + 1, "A");
    send_headers(epoch + 2, "B");
    send_headers(epoch + 3, "A");
    send(epoch + 4, true);
    next_worker();
    EXPECT_EQ(sets(), "BA");
}

TEST_F(StreamJournalTest, ASeekThatTheWorkerDidNotLiveToHearOfCounts) {
    send(epoch + 1, true);
    send(epoch + 2);
    next_worker(2);
    EXPECT_EQ(replay(), Cookies());
    EXPECT_FALSE(journal_->take_shown(epoch + 1));
}

TEST_F(StreamJournalTest, AnotherCodecGetsNothing) {
    send(epoch + 1, true);
    next_worker(1, DAEDALUS_CODEC_VP8);
    EXPECT_EQ(replay(), Cookies());
}

TEST_F(StreamJournalTest, FindsTheInputThatKillsInTheEnd) {
    for (std::uint64_t i = 1; i <= 4; i++)
        send(epoch + i, i == 1);
    next_worker();
    EXPECT_EQ(journal_->care(), Care::none);
    for (int i = 0; i < 3; i++)
        journal_->next(); // 3 kills, but 4 may have been begun as well
    next_worker();
    EXPECT_EQ(journal_->care(), Care::one_by_one);
    for (int i = 0; i < 3; i++)
        journal_->next();
    next_worker();
    EXPECT_EQ(journal_->care(), Care::one_by_one);
    EXPECT_EQ(replay(), (Cookies{epoch + 1, epoch + 2, epoch + 4}));
    next_worker();
    EXPECT_EQ(journal_->care(), Care::none);
    EXPECT_EQ(replay(), (Cookies{epoch + 1, epoch + 2, epoch + 4}));
}

TEST_F(StreamJournalTest, IsGivenUpWhenItGoesOnKilling) {
    for (std::uint64_t i = 1; i <= 4; i++)
        send(epoch + i, i == 1);
    for (int death = 0; death < 3; death++) {
        next_worker();
        EXPECT_TRUE(journal_->next());
    }
    next_worker();
    EXPECT_EQ(journal_->care(), Care::drop);
    EXPECT_EQ(replay(), Cookies());
    send(epoch + 9, true);
    next_worker();
    EXPECT_EQ(replay(), Cookies{epoch + 9});
}

class SmallStreamJournalTest : public StreamJournalTest {
  protected:
    SmallStreamJournalTest() : StreamJournalTest(1) {} // 64 KiB
};

TEST_F(SmallStreamJournalTest, WithoutRoomBeginsAgainAtTheNextKeyFrame) {
    send_headers(epoch + 1, "sps");
    send(epoch + 2, true, 40000);
    send(epoch + 3, false, 40000);
    send(epoch + 4);
    next_worker();
    EXPECT_EQ(replay(), Cookies());
    EXPECT_EQ(sets(), "sps");
    send(epoch + 5, true, 40000);
    send(epoch + 6, true, 40000); // rather this one than none
    next_worker();
    EXPECT_EQ(replay(), Cookies{epoch + 6});
}

TEST_F(SmallStreamJournalTest, GoesRoundTheRing) {
    std::uint64_t cookie = epoch;
    for (int gop = 0; gop < 200; gop++) {
        const std::uint64_t key = ++cookie;
        send(key, true, 5000);
        journal_->shown(key);
        for (int i = 0; i < 5; i++) {
            send(++cookie, false, 1001);
            journal_->shown(cookie);
        }
        next_worker();
        ASSERT_EQ(replay(), (Cookies{key, key + 1, key + 2, key + 3, key + 4, key + 5})) << gop;
    }
}

} // namespace
} // namespace daedalus::replay
