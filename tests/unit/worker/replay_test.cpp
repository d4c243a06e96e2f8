// SPDX-License-Identifier: BSD-2-Clause
// Workers die in the middle of a stream, and those after them decode again what they have decoded.
#include "worker/player.h"

#include <gtest/gtest.h>

#include <sys/mman.h>
#include <sys/stat.h>

#include <random>

namespace daedalus::test {
namespace {

constexpr std::size_t large = 4U << 20;

const Clip& gop_clip() {
    return h264_clip("176x144", 60, "-x264-params keyint=20:min-keyint=20:scenecut=0:bframes=3:ref=4");
}

struct Count {
    std::size_t frames = 0;
    std::size_t wrong = 0;   ///< pixels
    std::size_t flagged = 0; ///< another status than OK
};

Count count(const std::vector<Played>& played) {
    Count result;
    for (const Played& frame : played) {
        result.frames++;
        result.wrong += frame.pixels != truth(gop_clip(), frame.frame) ? 1 : 0;
        result.flagged += frame.answer.status != DAEDALUS_STATUS_OK ? 1 : 0;
    }
    return result;
}

/// Plays the whole clip; a picture before which `dies` is true finds a new worker.
Count play(const PlayerOptions& options, unsigned depth, const std::function<bool(std::size_t)>& dies) {
    Player player(gop_clip(), options);
    std::vector<Played> played;
    std::size_t index = 0;
    player.play(0, gop_clip().stream.pictures.size(), depth, played, [&](h264::Picture&) {
        if (dies(index++))
            player.replace_worker();
    });
    const auto end = player.finish();
    EXPECT_TRUE(end) << end.error().message;
    return count(played);
}

struct Way {
    unsigned threads;
    unsigned depth;
};

class ReplayEveryWay : public testing::TestWithParam<Way> {
  protected:
    static void expect_all_good(const std::function<bool(std::size_t)>& dies) {
        const Count result =
            play({.threads = GetParam().threads, .journal_bytes = large}, GetParam().depth, dies);
        EXPECT_EQ(result.frames, gop_clip().stream.frames.size());
        EXPECT_EQ(result.wrong, 0U);
        EXPECT_EQ(result.flagged, 0U);
    }
};

TEST_P(ReplayEveryWay, OneDeathCostsNothing) {
    for (const std::size_t at : {1U, 7U, 19U, 20U, 21U, 35U, 59U})
        expect_all_good([&](std::size_t index) { return index == at; });
}

TEST_P(ReplayEveryWay, DeathAfterDeathCostsNothing) {
    expect_all_good([](std::size_t index) { return index % 3 == 2; });
}

INSTANTIATE_TEST_SUITE_P(Worker, ReplayEveryWay, testing::Values(Way{1, 1}, Way{2, 1}, Way{2, 4}, Way{4, 8}),
                         [](const testing::TestParamInfo<Way>& info) {
                             return std::to_string(info.param.threads) + "ThreadsDepth" +
                                    std::to_string(info.param.depth);
                         });

/// The same deaths without a journal: it is the journal that mends it.
TEST(Replay, WithoutAJournalPicturesAreLost) {
    const Count result = play({.threads = 1}, 1, [](std::size_t index) { return index == 7; });
    EXPECT_GE(result.flagged, 10U);
}

/// A key frame interval that has no room in the journal: as without one.
TEST(Replay, SmallJournalsAreOfNoUseAndNoHarm) {
    const Count result =
        play({.threads = 2, .journal_bytes = 1}, 2, [](std::size_t index) { return index == 27; });
    EXPECT_EQ(result.frames, gop_clip().stream.frames.size());
    EXPECT_LE(result.flagged, 20U);
}

TEST(Replay, AFlushEmptiesTheJournal) {
    Player player(gop_clip(), {.threads = 2, .journal_bytes = large});
    std::vector<Played> played;
    player.play(0, 8, 2, played);
    player.flush();
    player.replace_worker();
    player.play(20, 33, 2, played);
    player.replace_worker();
    player.play(33, 60, 2, played);
    const Count result = count(played);
    EXPECT_EQ(result.wrong + result.flagged, 0U);
}

/// Whatever stands in the journal, requests are answered, and the next key frame is good.
TEST(Replay, HostileJournalsCostNoMoreThanTheirSession) {
    std::mt19937 random(1);
    for (int round = 0; round < 40; round++) {
        Player player(gop_clip(), {.threads = 2, .journal_bytes = large});
        std::vector<Played> played;
        player.play(0, 10, 2, played);
        struct stat status = {};
        ASSERT_EQ(fstat(player.journal(), &status), 0);
        const auto size = static_cast<std::size_t>(status.st_size);
        auto* bytes = static_cast<unsigned char*>(
            mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, player.journal(), 0));
        ASSERT_NE(bytes, MAP_FAILED);
        // In the header of the ring, in the first records, or in all that there is.
        const std::size_t begin = round % 3 == 0 ? 0 : 65536, length = round % 3 == 0   ? 32
                                                                       : round % 3 == 1 ? 600
                                                                                        : 40000;
        for (int i = 0; i < 1 + round; i++)
            bytes[begin + random() % length] = static_cast<unsigned char>(random());
        munmap(bytes, size);
        player.replace_worker();
        played.clear();
        try {
            player.play(10, 20, 2, played);
            EXPECT_EQ(played.size(), 10U);
        } catch (const std::runtime_error&) {
            // It may crash a codec. Then the next worker goes on, without the journal.
            player.replace_worker();
            played.clear();
        }
        std::vector<Played> next;
        player.play(20, 40, 2, next);
        // Of the round's answers some may come now.
        next.erase(next.begin(), next.end() - 20);
        const Count result = count(next);
        EXPECT_EQ(result.wrong + result.flagged, 0U) << "round " << round;
        EXPECT_TRUE(player.finish());
    }
}

} // namespace
} // namespace daedalus::test
