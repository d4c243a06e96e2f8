// SPDX-License-Identifier: BSD-2-Clause
// Streams that have been made wrong, each for a worker of its own in its sandbox, whose kernel is this
// program.
//
//	daedalus-mutated-streams COUNT SEED
//
// Prints RESULT lines. No worker may die or stand still, none may be stopped by its sandbox, and a good
// stream behind them is right.
#include "support/h264/mutator.h"
#include "worker/player.h"

#include <charconv>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <string>

namespace {

using namespace daedalus::test;

constexpr std::size_t pictures = 14;
constexpr unsigned streams_between_good_ones = 100;

const Clip& clip_of(unsigned seed) {
    switch (seed % 5) {
    case 0:
        return h264_clip("176x144", 20, "-x264-params keyint=10:bframes=2:ref=4");
    case 1:
        return h264_clip("176x144", 20, "-x264-params slices=4:bframes=2");
    case 2:
        return h264_clip("64x64", 24, "-x264-params keyint=8:min-keyint=8:scenecut=0:bframes=2:ref=3");
    case 3:
        return h264_clip("130x70", 20, "-x264-params no-cabac=1:weightp=2:ref=2");
    default:
        return h264_clip("176x144", 20, "-x264-params intra-refresh=1:keyint=15:bframes=0");
    }
}

struct Counts {
    unsigned streams = 0;
    unsigned errors = 0; ///< frames
    unsigned bad_ends = 0;
    unsigned good = 0;
    unsigned wrong = 0; ///< good streams that were not right
};

void play_mutated(unsigned seed, Counts& counts) {
    const Clip& clip = clip_of(seed);
    h264::Mutator mutator(seed);
    Player player(clip, {.threads = 1 + seed % 2, .memory_bytes = std::uint64_t{1} << 30});
    std::string what;
    try {
        std::vector<Played> played;
        player.play(0, std::min(pictures, clip.stream.pictures.size()), 1 + seed % 4, played,
                    [&](h264::Picture& picture) { mutator.mutate(picture); });
        for (const Played& frame : played)
            counts.errors += frame.answer.status != DAEDALUS_STATUS_OK ? 1 : 0;
    } catch (const std::exception& failure) {
        what = failure.what();
    }
    const auto end = player.finish();
    if (!end)
        what += (what.empty() ? "" : ": ") + end.error().message;
    if (!what.empty()) {
        counts.bad_ends++;
        std::printf("seed %u: %s\n", seed, what.c_str());
        std::fflush(stdout);
    }
    counts.streams++;
}

void play_good(Counts& counts) {
    const Clip& clip = clip_of(0);
    Player player(clip, {.threads = 2});
    std::vector<Played> played;
    player.play(0, clip.stream.pictures.size(), 2, played);
    bool right = played.size() == clip.stream.frames.size();
    for (const Played& frame : played)
        right =
            right && frame.answer.status == DAEDALUS_STATUS_OK && frame.pixels == truth(clip, frame.frame);
    counts.good++;
    counts.wrong += right ? 0 : 1;
}

long open_files() {
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {});
}

bool show(const char* name, long value, const char* unit, const char* bar, bool pass) {
    std::printf("RESULT %s %ld %s %s %s\n", name, value, unit, bar, pass ? "pass" : "fail");
    return pass;
}

bool run(unsigned count, unsigned first) {
    Counts counts;
    play_good(counts);
    const long files = open_files();
    for (unsigned i = 0; i < count; i++) {
        play_mutated(first + i, counts);
        if (i % streams_between_good_ones == 0 || i + 1 == count)
            play_good(counts);
    }
    const long left = open_files() - files;
    bool good = show("streams", counts.streams, "streams", "-", true);
    good = show("errors", counts.errors, "frames", ">0", counts.errors > 0) && good;
    good = show("workers_died_or_stuck", counts.bad_ends, "workers", "0", counts.bad_ends == 0) && good;
    good = show("good_streams", counts.good, "streams", ">0", counts.good > 0) && good;
    good = show("good_streams_wrong", counts.wrong, "streams", "0", counts.wrong == 0) && good;
    return show("files_left", left, "files", "0", left == 0) && good;
}

unsigned number(const char* text) {
    unsigned value = 0;
    std::from_chars(text, text + std::strlen(text), value);
    return value;
}

} // namespace

int main(int count, char** values) {
    if (count != 3 || number(values[1]) == 0) {
        std::fprintf(stderr, "usage: daedalus-mutated-streams COUNT SEED\n");
        return 2;
    }
    try {
        return run(number(values[1]), number(values[2])) ? 0 : 1;
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "daedalus-mutated-streams: %s\n", failure.what());
        return 2;
    }
}
