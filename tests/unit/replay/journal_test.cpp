// SPDX-License-Identifier: BSD-2-Clause
// Which jobs a worker finds in the journal of those before it, whenever they died.
#include "replay/journal.h"

#include "bridge/message_parser.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <vector>

namespace daedalus::replay {
namespace {

using Cookies = std::vector<std::uint64_t>;

constexpr std::uint64_t epoch = std::uint64_t{1} << 32;

class JournalTest : public testing::Test {
  protected:
    JournalTest() : fd_(std::move(*JournalMemory::create(1U << 20))) { next_worker(); }

    /// The worker has died; another one takes over.
    void next_worker(daedalus_codec codec = DAEDALUS_CODEC_VP8) {
        journal_.reset();
        journal_.emplace(std::move(*JournalMemory::map(fd_)));
        journal_->open(codec);
    }

    /// A worker gets a DECODE; returns what it finds to be decoded before.
    Cookies begin(std::uint64_t cookie, bool key = false, std::size_t size = 100) {
        Cookies before;
        while (const auto bytes = journal_->next_before(cookie)) {
            std::vector<std::byte> copy(bytes->begin(), bytes->end());
            const auto message = bridge::MessageParser(copy).next();
            EXPECT_TRUE(message && *message);
            before.push_back(std::get<bridge::DecodeMessage>(**message).cookie);
        }
        v4l2_ctrl_vp8_frame frame = {};
        frame.flags = key ? V4L2_VP8_FRAME_FLAG_KEY_FRAME : 0;
        std::vector<std::byte> bitstream(size);
        bridge::DecodeMessage message;
        message.cookie = cookie;
        message.dst_buffer = 1;
        message.dst.planes = 1;
        message.bitstream = bitstream;
        message.controls.add({V4L2_CID_STATELESS_VP8_FRAME, 1, std::as_bytes(std::span(&frame, 1))});
        journal_->append(message);
        return before;
    }

    void decode(std::uint64_t cookie, bool key = false) {
        EXPECT_EQ(begin(cookie, key), Cookies());
        journal_->decoded(cookie);
    }

    util::UniqueFd fd_;
    std::optional<Journal> journal_;
};

TEST_F(JournalTest, TheNextWorkerGetsWhatWasDecoded) {
    decode(epoch + 1, true);
    decode(epoch + 2);
    decode(epoch + 3);
    next_worker();
    EXPECT_EQ(begin(epoch + 4), (Cookies{epoch + 1, epoch + 2, epoch + 3}));
    journal_->decoded(epoch + 4);
    EXPECT_EQ(begin(epoch + 5), Cookies()) << "once is enough";
    journal_->decoded(epoch + 5);
    next_worker();
    EXPECT_EQ(begin(epoch + 6), (Cookies{epoch + 1, epoch + 2, epoch + 3, epoch + 4, epoch + 5}));
}

TEST_F(JournalTest, WhatTheKernelRedeliversIsNotReplayed) {
    decode(epoch + 1, true);
    decode(epoch + 2);
    begin(epoch + 3);
    begin(epoch + 4);
    next_worker(); // 3 and 4 were not answered
    EXPECT_EQ(begin(epoch + 3), (Cookies{epoch + 1, epoch + 2}));
    journal_->decoded(epoch + 3);
    EXPECT_EQ(begin(epoch + 4), Cookies());
    journal_->decoded(epoch + 4);
    next_worker(); // each once, though 3 and 4 have two records
    EXPECT_EQ(begin(epoch + 5), (Cookies{epoch + 1, epoch + 2, epoch + 3, epoch + 4}));
}

/// Decoded, but not answered: the worker died between the two.
TEST_F(JournalTest, DecodedTwiceIsReplayedOnce) {
    decode(epoch + 1, true);
    decode(epoch + 2);
    next_worker();
    EXPECT_EQ(begin(epoch + 2), Cookies{epoch + 1});
    journal_->decoded(epoch + 2);
    EXPECT_EQ(begin(epoch + 3), Cookies());
    journal_->decoded(epoch + 3);
    next_worker();
    EXPECT_EQ(begin(epoch + 4), (Cookies{epoch + 1, epoch + 2, epoch + 3}));
}

TEST_F(JournalTest, AFrameThatKillsIsPassedOver) {
    decode(epoch + 1, true);
    begin(epoch + 2); // kills the first
    next_worker();
    EXPECT_EQ(begin(epoch + 2), Cookies{epoch + 1}); // and the second: the kernel fails the job
    next_worker();
    EXPECT_EQ(begin(epoch + 3), Cookies{epoch + 1});
    journal_->decoded(epoch + 3);
    next_worker();
    EXPECT_EQ(begin(epoch + 4), (Cookies{epoch + 1, epoch + 3}));
}

TEST_F(JournalTest, KeyFramesMakeAnEndOfWhatWasBefore) {
    decode(epoch + 1, true);
    decode(epoch + 2);
    decode(epoch + 3, true);
    next_worker(); // what was before is still there, for pictures that straddle the key frame
    EXPECT_EQ(begin(epoch + 4), (Cookies{epoch + 1, epoch + 2, epoch + 3}));
    next_worker();
    EXPECT_EQ(begin(epoch + 4), (Cookies{epoch + 1, epoch + 2, epoch + 3}));
    journal_->decoded(epoch + 4);
    decode(epoch + 5, true);
    decode(epoch + 6);
    next_worker();
    EXPECT_EQ(begin(epoch + 7), (Cookies{epoch + 5, epoch + 6}));
}

TEST_F(JournalTest, NothingIsKeptBeforeTheFirstKeyFrame) {
    decode(epoch + 1);
    decode(epoch + 2);
    next_worker();
    EXPECT_EQ(begin(epoch + 3), Cookies());
}

TEST_F(JournalTest, AnotherEpochIsAnotherStream) {
    decode(epoch + 1, true);
    decode(epoch + 2);
    next_worker();
    EXPECT_EQ(begin(2 * epoch + 1), Cookies());
    journal_->clear();
    decode(2 * epoch + 2, true);
    next_worker();
    EXPECT_EQ(begin(2 * epoch + 3), Cookies{2 * epoch + 2});
}

TEST_F(JournalTest, AnotherCodecIsAnotherStream) {
    decode(epoch + 1, true);
    next_worker(DAEDALUS_CODEC_VP9);
    EXPECT_EQ(begin(epoch + 2), Cookies());
}

TEST_F(JournalTest, AReplayThatKillsIsNotTriedAgain) {
    decode(epoch + 1, true);
    next_worker();
    journal_->set_replaying(true);
    next_worker();
    EXPECT_EQ(begin(epoch + 2), Cookies());
}

TEST_F(JournalTest, GoesOnAtTheNextKeyFrameWhenItWasFull) {
    decode(epoch + 1, true);
    EXPECT_EQ(begin(epoch + 2, false, 700'000), Cookies());
    journal_->decoded(epoch + 2);
    EXPECT_EQ(begin(epoch + 3, false, 700'000), Cookies()) << "no room";
    journal_->decoded(epoch + 3);
    decode(epoch + 4);
    next_worker();
    EXPECT_EQ(begin(epoch + 5), Cookies()) << "a part is of no use";
    journal_->decoded(epoch + 5);
    decode(epoch + 6, true);
    decode(epoch + 7);
    next_worker();
    EXPECT_EQ(begin(epoch + 8), (Cookies{epoch + 6, epoch + 7}));
}

} // namespace
} // namespace daedalus::replay
