// SPDX-License-Identifier: BSD-2-Clause
// A worker of a stateful session against ffmpeg, bit for bit, without a kernel.
#include "worker/clips.h"
#include "worker/watcher.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace daedalus::test {
namespace {

const RawClip& clip_with_b_frames() {
    return raw_h264_clip("176x144", 40, "-x264-params keyint=12:bframes=3:ref=4:scenecut=0");
}

const RawClip& clip_without_b_frames() {
    return raw_h264_clip("176x144", 12, "-x264-params keyint=6:bframes=0:scenecut=0");
}

const RawClip& clip_of_422() {
    return raw_h264_clip("176x144", 20, "-pix_fmt yuv422p -x264-params keyint=12");
}

const RawClip& mpeg4_with_b_frames() {
    return raw_clip("176x144", 30, "-c:v mpeg4 -b:v 400k -bf 2 -g 12 -f m4v");
}

const RawClip& mpeg4_without_b_frames() {
    return raw_clip("176x144", 10, "-c:v mpeg4 -b:v 400k -f m4v");
}

const RawClip& av1_clip() {
    return raw_clip("176x144", 10,
                    "-c:v libaom-av1 -usage realtime -cpu-used 8 -lag-in-frames 0 -b:v 300k -f ivf");
}

void expect_frames(const RawClip& clip, const std::vector<Shown>& shown, std::size_t first = 0) {
    ASSERT_EQ(shown.size(), clip.frames.size() - first);
    for (std::size_t i = 0; i < shown.size(); i++)
        EXPECT_TRUE(shown[i].pixels == clip.frames[first + i]) << "the pixels of picture " << i;
}

/// A client that sends an input and waits for its picture before it sends the next.
void expect_each_when_sent(Watcher& watcher, const RawClip& clip, const std::vector<Bytes>& inputs) {
    watcher.offer_all();
    std::size_t sent = 0;
    for (const Bytes& input : inputs) {
        watcher.input(input, 0);
        sent++;
        while (watcher.shown.size() < sent)
            ASSERT_TRUE(watcher.take(5000)) << "picture " << sent << " is held back";
    }
    expect_frames(clip, watcher.shown);
}

/// A clip whose parameter sets come once, in a buffer of their own.
std::vector<Bytes> inputs_with_headers_once(const RawClip& clip) {
    std::vector<Bytes> inputs;
    Bytes headers;
    for (const Bytes& nal : nal_units(clip.coded)) {
        if (nal_type(nal) == 1 || nal_type(nal) == 5)
            inputs.push_back(nal);
        else if (inputs.empty())
            headers.insert(headers.end(), nal.begin(), nal.end());
    }
    inputs.insert(inputs.begin(), headers);
    return inputs;
}

class StatefulWorker : public testing::TestWithParam<unsigned> {};

TEST_P(StatefulWorker, ShowsPicturesInDisplayOrder) {
    const RawClip& clip = clip_with_b_frames();
    Watcher watcher(GetParam());
    watcher.offer_all();
    std::uint64_t timestamp = 0;
    for (const auto& unit : access_units(clip.coded))
        watcher.input(join(unit), timestamp += 40'000'000);
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown);
    ASSERT_EQ(watcher.streams.size(), 1U);
    EXPECT_EQ(watcher.streams[0].width, Watcher::width);
    EXPECT_EQ(watcher.streams[0].bit_depth, 8U);
    EXPECT_EQ(watcher.statistics().profile, "High");
    // Every input's timestamp comes back once, that of key frames with the flag.
    std::vector<std::uint64_t> stamps;
    for (const Shown& picture : watcher.shown)
        stamps.push_back(picture.timestamp / 40'000'000);
    EXPECT_FALSE(std::ranges::is_sorted(stamps)) << "B frames are shown before what they were sent after";
    std::ranges::sort(stamps);
    for (std::size_t i = 0; i < stamps.size(); i++)
        EXPECT_EQ(stamps[i], i + 1);
    EXPECT_NE(watcher.shown[0].flags & DAEDALUS_PICTURE_KEY, 0U);
    EXPECT_EQ(watcher.shown[1].flags & DAEDALUS_PICTURE_KEY, 0U);
}

/// So that one which hangs is seen to, even when its client has gone. The pictures are large, so that their
/// decoding is looked at even where both sides share a CPU.
TEST_P(StatefulWorker, TellsWhenItIsInTheDecoder) {
    const Bytes picture = join(access_units(raw_h264_clip("1920x1080", 1, "-preset ultrafast").coded).at(0));
    Watcher watcher(GetParam());
    bool seen = false;
    for (std::size_t play = 1; !seen && play <= 50; play++) {
        watcher.input(picture, 0);
        for (const std::uint64_t end = statistics::monotonic_ns() + 10'000'000'000;
             watcher.streams.size() < play && statistics::monotonic_ns() < end; watcher.take(0))
            seen = seen || watcher.statistics().in_decoder_us;
        watcher.flush(DAEDALUS_FLUSH_INPUT);
    }
    EXPECT_TRUE(seen);
    watcher.take_until_quiet();
    EXPECT_FALSE(watcher.statistics().in_decoder_us) << "it waits";
}

/// A player may have another decoder, if it hears of it.
TEST_P(StatefulWorker, SaysThatItCannotShowAStream) {
    const RawClip& clip = clip_of_422();
    Watcher watcher(GetParam());
    watcher.offer_all();
    for (const auto& unit : access_units(clip.coded))
        watcher.input(join(unit), 0);
    watcher.take_until_completed(watcher.drain());
    EXPECT_TRUE(watcher.streams.empty());
    EXPECT_TRUE(watcher.shown.empty());
    EXPECT_GT(watcher.refused, 0U);
}

TEST_P(StatefulWorker, TakesParameterSetsApartFromPictures) {
    const RawClip& clip = clip_with_b_frames();
    Watcher watcher(GetParam());
    watcher.offer_all();
    std::uint64_t timestamp = 0, inputs = 0;
    for (const auto& unit : access_units(clip.coded)) {
        timestamp += 1000;
        for (const Bytes& nal : unit) {
            watcher.input(nal, timestamp);
            inputs++;
        }
    }
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown);
    EXPECT_EQ(watcher.completed.size(), inputs + 1);
}

TEST_P(StatefulWorker, DecodesOnlyAsFarAsPicturesHaveBuffers) {
    const RawClip& clip = clip_without_b_frames();
    Watcher watcher(GetParam());
    for (const auto& unit : access_units(clip.coded))
        watcher.input(join(unit), 0);
    watcher.take_until_quiet();
    EXPECT_EQ(watcher.streams.size(), 1U);
    EXPECT_TRUE(watcher.shown.empty());
    EXPECT_LT(watcher.completed.size(), clip.frames.size());
    watcher.offer_all();
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown);
}

TEST_P(StatefulWorker, ShowsEachPictureOfAClientThatWaitsForIt) {
    const RawClip& clip = clip_without_b_frames();
    std::vector<Bytes> inputs;
    for (const auto& unit : access_units(clip.coded))
        inputs.push_back(join(unit));
    Watcher watcher(GetParam());
    expect_each_when_sent(watcher, clip, inputs);
}

TEST_P(StatefulWorker, WaitsForOtherBuffersWhenTold) {
    const RawClip& clip = clip_without_b_frames();
    Watcher watcher(GetParam());
    watcher.kernel().answer_streams(bridge::StreamAnswer::wait);
    watcher.offer_all(); // void as soon as the stream is known
    for (const auto& unit : access_units(clip.coded))
        watcher.input(join(unit), 0);
    watcher.take_until_quiet();
    EXPECT_EQ(watcher.streams.size(), 1U);
    EXPECT_TRUE(watcher.shown.empty());
    watcher.offer_all();
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown);
}

TEST_P(StatefulWorker, KeepsPicturesWhenBuffersAreTakenBack) {
    const RawClip& clip = clip_without_b_frames();
    Watcher watcher(GetParam());
    watcher.takes_pictures = false;
    watcher.kernel().answer_pictures(bridge::StreamAnswer::gone);
    watcher.offer_all();
    for (const auto& unit : access_units(clip.coded))
        watcher.input(join(unit), 0);
    watcher.take_until_quiet();
    watcher.flush(DAEDALUS_FLUSH_CAPTURE);
    watcher.takes_pictures = true;
    watcher.kernel().answer_pictures(bridge::StreamAnswer::taken);
    watcher.offer_all();
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown);
}

TEST_P(StatefulWorker, ForgetsEverythingAtASeekButItsBuffers) {
    const RawClip& clip = clip_without_b_frames();
    const auto units = access_units(clip.coded);
    Watcher watcher(GetParam());
    watcher.offer_all();
    for (std::size_t i = 0; i < 4; i++)
        watcher.input(join(units[i]), 0);
    watcher.take_until_quiet();
    watcher.flush(DAEDALUS_FLUSH_INPUT);
    watcher.shown.clear();
    for (std::size_t i = 6; i < units.size(); i++) // a key frame
        watcher.input(join(units[i]), 0);
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown, 6);
    EXPECT_EQ(watcher.streams.size(), 2U) << "the stream is told again after a seek";
}

TEST_P(StatefulWorker, SendsNothingMoreOfAnOldStream) {
    const RawClip& clip = clip_without_b_frames();
    const auto units = access_units(clip.coded);
    Watcher watcher(GetParam());
    watcher.takes_pictures = false;
    watcher.kernel().answer_pictures(bridge::StreamAnswer::stale);
    watcher.offer_all();
    for (const auto& unit : units)
        watcher.input(join(unit), 0);
    watcher.take_until_quiet();
    watcher.flush(DAEDALUS_FLUSH_INPUT);
    watcher.takes_pictures = true;
    watcher.kernel().answer_pictures(bridge::StreamAnswer::taken);
    for (const auto& unit : units)
        watcher.input(join(unit), 0);
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown);
}

TEST_P(StatefulWorker, GoesOnAfterADrain) {
    const RawClip& clip = clip_with_b_frames();
    const auto units = access_units(clip.coded);
    Watcher watcher(GetParam());
    for (int round = 0; round < 3; round++) {
        watcher.make_buffers(4);
        watcher.offer_all();
        watcher.shown.clear();
        for (const auto& unit : units)
            watcher.input(join(unit), 0);
        watcher.take_until_completed(watcher.drain());
        expect_frames(clip, watcher.shown);
    }
}

/// Sends them with a drain after every `few`, and buffers anew. Whichever pictures a drain brings early, each
/// is shown once.
void expect_all_in_spite_of_drains(Watcher& watcher, const RawClip& clip, const std::vector<Bytes>& inputs,
                                   std::size_t few) {
    watcher.keep_journal();
    watcher.replace_worker();
    watcher.offer_all();
    for (std::size_t i = 0; i < inputs.size(); i++) {
        watcher.input(inputs[i], 0);
        if (i % few != few - 1 && i + 1 != inputs.size())
            continue;
        watcher.take_until_completed(watcher.drain());
        watcher.make_buffers(4);
        watcher.offer_all();
    }
    auto missing = clip.frames;
    for (const Shown& picture : watcher.shown) {
        const auto found = std::ranges::find(missing, picture.pixels);
        ASSERT_NE(found, missing.end()) << "a wrong picture, or one shown twice";
        missing.erase(found);
    }
    EXPECT_TRUE(missing.empty()) << missing.size() << " pictures are missing";
}

TEST_P(StatefulWorker, GoesOnAfterADrainWithoutAKeyFrame) {
    for (const RawClip* clip : {&clip_without_b_frames(), &clip_with_b_frames()}) {
        std::vector<Bytes> inputs;
        for (const auto& unit : access_units(clip->coded))
            inputs.push_back(join(unit));
        for (const std::size_t few : {1U, 4U, 7U}) {
            SCOPED_TRACE(few);
            Watcher watcher(GetParam());
            expect_all_in_spite_of_drains(watcher, *clip, inputs, few);
        }
    }
}

TEST_P(StatefulWorker, GoesOnAfterADrainBetweenHeadersAndPictures) {
    const RawClip& clip = clip_with_b_frames();
    for (const auto& inputs : {inputs_with_headers_once(clip), nal_units(clip.coded)}) {
        for (const std::size_t few : {1U, 3U, 5U}) {
            SCOPED_TRACE(few);
            Watcher watcher(GetParam());
            expect_all_in_spite_of_drains(watcher, clip, inputs, few);
        }
    }
}

TEST_P(StatefulWorker, GoesOnAfterADrainInMpeg4) {
    const RawClip& clip = mpeg4_with_b_frames();
    for (const std::size_t few : {1U, 3U, 4U, 5U}) {
        SCOPED_TRACE(few);
        Watcher watcher(GetParam(), DAEDALUS_CODEC_MPEG4);
        expect_all_in_spite_of_drains(watcher, clip, mpeg4_frames(clip.coded), few);
    }
}

TEST_P(StatefulWorker, GoesOnAfterADrainInAv1) {
    const RawClip& clip = av1_clip();
    Watcher watcher(GetParam(), DAEDALUS_CODEC_AV1);
    expect_all_in_spite_of_drains(watcher, clip, ivf_frames(clip.coded), 3);
}

TEST_P(StatefulWorker, ShowsMpeg4InDisplayOrder) {
    const RawClip& clip = mpeg4_with_b_frames();
    Watcher watcher(GetParam(), DAEDALUS_CODEC_MPEG4);
    watcher.offer_all();
    for (const Bytes& frame : mpeg4_frames(clip.coded))
        watcher.input(frame, 0);
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown);
    EXPECT_EQ(watcher.statistics().profile, "Advanced Simple Profile");
}

TEST_P(StatefulWorker, ShowsEachMpeg4PictureOfAClientThatWaitsForIt) {
    const RawClip& clip = mpeg4_without_b_frames();
    Watcher watcher(GetParam(), DAEDALUS_CODEC_MPEG4);
    expect_each_when_sent(watcher, clip, mpeg4_frames(clip.coded));
}

TEST_P(StatefulWorker, ShowsEachAv1PictureOfAClientThatWaitsForIt) {
    const RawClip& clip = av1_clip();
    Watcher watcher(GetParam(), DAEDALUS_CODEC_AV1);
    expect_each_when_sent(watcher, clip, ivf_frames(clip.coded));
}

TEST_P(StatefulWorker, DrainsNothing) {
    Watcher watcher(GetParam());
    watcher.take_until_completed(watcher.input({}, 0));
    watcher.take_until_completed(watcher.drain());
    EXPECT_TRUE(watcher.shown.empty());
}

TEST_P(StatefulWorker, GoesOnWhereTheWorkerBeforeWasKilled) {
    const RawClip& clip = clip_with_b_frames();
    for (const std::size_t deaths : {1U, 3U}) {
        Watcher watcher(GetParam());
        watcher.keep_journal();
        watcher.replace_worker();
        watcher.offer_all();
        const auto inputs = inputs_with_headers_once(clip);
        for (std::size_t i = 0; i < inputs.size(); i++) {
            watcher.take_until_completed(watcher.input(inputs[i], i * 1000));
            // Somewhere between what it has taken in and what it has shown.
            for (std::size_t answers = i % 4; answers > 0 && watcher.take(20); answers--) {
            }
            for (std::size_t death = 0; i % 5 == 4 && death < deaths; death++)
                watcher.replace_worker();
        }
        watcher.take_until_completed(watcher.drain());
        // A picture may be lost that was being handed over; none is shown twice or wrong.
        std::size_t next = 0;
        for (const Shown& picture : watcher.shown) {
            const auto found = std::find(clip.frames.begin() + static_cast<std::ptrdiff_t>(next),
                                         clip.frames.end(), picture.pixels);
            ASSERT_NE(found, clip.frames.end()) << "a wrong picture, or one out of order, behind " << next;
            next = static_cast<std::size_t>(found - clip.frames.begin()) + 1;
        }
        EXPECT_GE(watcher.shown.size() + inputs.size() / 5 * deaths, clip.frames.size());
        if (deaths == 1) {
            EXPECT_GE(watcher.shown.size() + 2, clip.frames.size()) << "of eight deaths few hit a hand-over";
        }
    }
}

TEST_P(StatefulWorker, KeepsParameterSetsThatWaitOverASeek) {
    const RawClip& clip = clip_without_b_frames();
    Watcher watcher(GetParam());
    watcher.offer_all();
    const auto inputs = inputs_with_headers_once(clip);
    watcher.take_until_completed(watcher.input(inputs[0], 0));
    watcher.flush(DAEDALUS_FLUSH_INPUT);
    for (std::size_t i = 1; i < inputs.size(); i++)
        watcher.input(inputs[i], 0);
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown);
}

TEST_P(StatefulWorker, NobodyIsLateForAClientThatShowsNothing) {
    const RawClip& clip = clip_with_b_frames();
    Watcher watcher(GetParam());
    watcher.keep_journal();
    watcher.replace_worker();
    const auto units = access_units(clip.coded);
    for (std::size_t i = 0; i < 8; i++)
        watcher.input(join(units[i]), 0);
    watcher.take_until_quiet();
    watcher.replace_worker();
    watcher.take_until_quiet();
    const auto jobs = watcher.statistics().jobs;
    EXPECT_FALSE(jobs.empty());
    for (const statistics::Job& job : jobs)
        EXPECT_EQ(job.state, statistics::JobState::done) << job.cookie;
}

TEST_P(StatefulWorker, WithoutAJournalWaitsForAKeyFrame) {
    const RawClip& clip = clip_without_b_frames();
    Watcher watcher(GetParam());
    watcher.offer_all();
    const auto units = access_units(clip.coded);
    for (std::size_t i = 0; i < units.size(); i++) {
        watcher.take_until_completed(watcher.input(join(units[i]), 0));
        if (i == 2)
            watcher.replace_worker();
    }
    watcher.take_until_completed(watcher.drain());
    EXPECT_LE(watcher.shown.size(), clip.frames.size() - 3);
}

TEST_P(StatefulWorker, DoesNotGoOnWithWhatTheClientHasSoughtAwayFrom) {
    const RawClip& clip = clip_without_b_frames();
    const auto units = access_units(clip.coded);
    Watcher watcher(GetParam());
    watcher.keep_journal();
    watcher.replace_worker();
    watcher.offer_all();
    for (std::size_t i = 0; i < 4; i++)
        watcher.input(join(units[i]), 0);
    watcher.take_until_quiet();
    watcher.flush(DAEDALUS_FLUSH_INPUT);
    watcher.shown.clear();
    watcher.replace_worker();
    for (std::size_t i = 6; i < units.size(); i++) // a key frame
        watcher.input(join(units[i]), 0);
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown, 6);
}

INSTANTIATE_TEST_SUITE_P(Threads, StatefulWorker, testing::Values(1U, 3U, 4U, 8U));

} // namespace
} // namespace daedalus::test
