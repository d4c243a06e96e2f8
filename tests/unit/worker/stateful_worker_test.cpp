// SPDX-License-Identifier: BSD-2-Clause
// A worker of a stateful session against ffmpeg, bit for bit, without a kernel.
#include "bridge/stand_in_kernel.h"
#include "replay/journal_memory.h"
#include "support/worker/worker_process.h"
#include "worker/clips.h"

#include <gtest/gtest.h>

#include <linux/videodev2.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>

namespace daedalus::test {
namespace {

constexpr std::uint32_t width = 176, height = 144;
constexpr int quiet_ms = 300; // long enough for whatever would come

using Bytes = std::vector<std::byte>;

/// The stream's NAL units, each with its start code.
std::vector<Bytes> nal_units(const std::vector<std::uint8_t>& stream) {
    std::vector<std::size_t> starts;
    for (std::size_t i = 0; i + 3 < stream.size(); i++)
        if (stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1)
            starts.push_back(i);
    starts.push_back(stream.size());
    std::vector<Bytes> units;
    for (std::size_t i = 0; i + 1 < starts.size(); i++) {
        const auto bytes = std::as_bytes(std::span(stream)).subspan(starts[i], starts[i + 1] - starts[i]);
        units.emplace_back(bytes.begin(), bytes.end());
    }
    return units;
}

int nal_type(const Bytes& unit) {
    return std::to_integer<int>(unit[3]) & 0x1f;
}

/// The frames of an MPEG-4 stream, the headers with the first one.
std::vector<Bytes> mpeg4_frames(const std::vector<std::uint8_t>& stream) {
    std::vector<Bytes> frames;
    Bytes headers;
    for (const Bytes& unit : nal_units(stream)) {
        headers.insert(headers.end(), unit.begin(), unit.end());
        if (unit[3] == std::byte{0xb6})
            frames.push_back(std::exchange(headers, Bytes()));
    }
    return frames;
}

/// The access units of a stream whose pictures are one slice each.
std::vector<std::vector<Bytes>> access_units(const std::vector<std::uint8_t>& stream) {
    std::vector<std::vector<Bytes>> units(1);
    for (Bytes& unit : nal_units(stream)) {
        const bool slice = nal_type(unit) == 1 || nal_type(unit) == 5;
        units.back().push_back(std::move(unit));
        if (slice)
            units.emplace_back();
    }
    units.pop_back();
    return units;
}

Bytes join(const std::vector<Bytes>& units) {
    Bytes all;
    for (const Bytes& unit : units)
        all.insert(all.end(), unit.begin(), unit.end());
    return all;
}

struct Shown {
    std::uint64_t timestamp;
    std::uint32_t flags;
    std::vector<std::uint8_t> pixels;
};

/// A worker in its sandbox, the kernel's end of its session, and a client that shows every picture at once.
class Watcher {
  public:
    explicit Watcher(unsigned threads, daedalus_codec codec = DAEDALUS_CODEC_H264, unsigned buffers = 4)
        : kernel_(make_kernel()), threads_(threads), codec_(codec) {
        layout_.pixelformat = V4L2_PIX_FMT_NV12;
        layout_.width = layout_.bytesperline = width;
        layout_.height = height;
        layout_.planes = 1;
        layout_.sizeimage[0] = width * height * 3 / 2;
        start_worker();
        make_buffers(buffers);
    }
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;
    ~Watcher() {
        kernel_.close();
        const auto end = worker_->finish();
        EXPECT_TRUE(end) << (end ? "" : end.error().message);
    }

    /// After a drain, when the worker and we may differ on which of the old ones it has.
    void make_buffers(unsigned count) {
        ids_.clear();
        for (unsigned i = 0; i < count; i++)
            ids_.push_back(kernel_.add_buffer(layout_).value());
    }
    void offer_all() {
        for (const std::uint64_t id : ids_)
            offer(id);
    }
    std::uint64_t input(const Bytes& bytes, std::uint64_t timestamp) {
        EXPECT_TRUE(kernel_.send_input(++cookie_, timestamp, bytes));
        sent_.push_back({cookie_, timestamp, bytes});
        return cookie_;
    }
    std::uint64_t drain() {
        EXPECT_TRUE(kernel_.send_drain(++cookie_));
        return cookie_;
    }
    /// From the next worker on.
    void keep_journal(std::size_t bytes = std::size_t{4} << 20) {
        journal_ = std::move(*replay::JournalMemory::create(bytes));
    }
    /// Kills the worker. The next one gets what this one had not answered.
    void replace_worker() {
        worker_.reset();
        EXPECT_TRUE(kernel_.replace_worker(worker_end_));
        while (kernel_.waiting_answers() > 0)
            take(0);
        start_worker();
        for (const auto& [cookie, id] : offers_)
            EXPECT_TRUE(kernel_.send_capture(cookie, id));
        for (const Sent& input : sent_)
            EXPECT_TRUE(kernel_.send_input(input.cookie, input.timestamp, input.bytes));
    }
    void flush(std::uint32_t flags) {
        EXPECT_TRUE(kernel_.send_flush(++epoch_, flags));
        while (flushed_ != epoch_ && take(10000)) {
        }
        EXPECT_EQ(flushed_, epoch_);
    }

    /// Takes one answer; false when none comes within the time.
    bool take(int timeout_ms) {
        const auto answer = kernel_.next_answer(timeout_ms);
        if (!answer)
            return false;
        if (const auto* done = std::get_if<bridge::Completed>(&*answer)) {
            completed.push_back(done->cookie);
            std::erase_if(sent_, [&](const Sent& input) { return input.cookie == done->cookie; });
        } else if (const auto* stream = std::get_if<bridge::Streamed>(&*answer)) {
            streams.push_back(*stream);
        } else if (const auto* picture = std::get_if<bridge::Pictured>(&*answer)) {
            const std::uint64_t id = offers_.at(picture->cookie);
            EXPECT_EQ(picture->status, DAEDALUS_STATUS_OK);
            if (takes_pictures) {
                offers_.erase(picture->cookie);
                shown.push_back({picture->timestamp, picture->flags, planar(id)});
                offer(id);
            }
        } else {
            flushed_ = std::get<bridge::Flushed>(*answer).epoch;
        }
        return true;
    }
    void take_until_completed(std::uint64_t cookie) {
        while (std::ranges::find(completed, cookie) == completed.end())
            ASSERT_TRUE(take(10000)) << "job " << cookie << " is not answered";
    }
    void take_until_quiet() {
        while (take(quiet_ms)) {
        }
    }
    bridge::StandInKernel& kernel() { return kernel_; }

    std::vector<Shown> shown;
    std::vector<std::uint64_t> completed;
    std::vector<daedalus_stream> streams;
    bool takes_pictures = true;

  private:
    struct Sent {
        std::uint64_t cookie;
        std::uint64_t timestamp;
        Bytes bytes;
    };

    void start_worker() {
        worker_.emplace(std::move(worker_end_),
                        WorkerProcess::Options{.decoder = {.threads = threads_}, .journal = journal_.get()});
        EXPECT_TRUE(kernel_.send_format(codec_, width, height, layout_, 4U << 20, DAEDALUS_SESSION_STATEFUL));
    }

    bridge::StandInKernel make_kernel() { return std::move(*bridge::StandInKernel::create(worker_end_)); }

    void offer(std::uint64_t id) {
        offers_[++cookie_] = id;
        EXPECT_TRUE(kernel_.send_capture(cookie_, id));
    }

    /// The buffer's NV12 as planar samples.
    std::vector<std::uint8_t> planar(std::uint64_t id) {
        const auto bytes = kernel_.bytes(id);
        const std::size_t luma = std::size_t{width} * height;
        std::vector<std::uint8_t> samples(bytes.begin(), bytes.begin() + luma);
        for (const std::size_t first : {luma, luma + 1})
            for (std::size_t i = first; i < bytes.size(); i += 2)
                samples.push_back(bytes[i]);
        return samples;
    }

    util::UniqueFd worker_end_;
    bridge::StandInKernel kernel_;
    unsigned threads_;
    daedalus_codec codec_;
    daedalus_picture_layout layout_ = {};
    util::UniqueFd journal_;
    std::optional<WorkerProcess> worker_;
    std::vector<Sent> sent_; ///< and not answered
    std::vector<std::uint64_t> ids_;
    std::map<std::uint64_t, std::uint64_t> offers_; ///< buffers by the cookie of their offer
    std::uint64_t cookie_ = std::uint64_t{1} << 32; // of the first epoch
    std::uint32_t epoch_ = 1;
    std::uint32_t flushed_ = 0;
};

const RawClip& clip_with_b_frames() {
    return raw_h264_clip("176x144", 40, "-x264-params keyint=12:bframes=3:ref=4:scenecut=0");
}

const RawClip& clip_without_b_frames() {
    return raw_h264_clip("176x144", 12, "-x264-params keyint=6:bframes=0:scenecut=0");
}

const RawClip& mpeg4_with_b_frames() {
    return raw_clip("176x144", 30, "-c:v mpeg4 -b:v 400k -bf 2 -g 12 -f m4v");
}

const RawClip& mpeg4_without_b_frames() {
    return raw_clip("176x144", 10, "-c:v mpeg4 -b:v 400k -f m4v");
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
    EXPECT_EQ(watcher.streams[0].width, width);
    EXPECT_EQ(watcher.streams[0].bit_depth, 8U);
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

TEST_P(StatefulWorker, ShowsMpeg4InDisplayOrder) {
    const RawClip& clip = mpeg4_with_b_frames();
    Watcher watcher(GetParam(), DAEDALUS_CODEC_MPEG4);
    watcher.offer_all();
    for (const Bytes& frame : mpeg4_frames(clip.coded))
        watcher.input(frame, 0);
    watcher.take_until_completed(watcher.drain());
    expect_frames(clip, watcher.shown);
}

TEST_P(StatefulWorker, ShowsEachMpeg4PictureOfAClientThatWaitsForIt) {
    const RawClip& clip = mpeg4_without_b_frames();
    Watcher watcher(GetParam(), DAEDALUS_CODEC_MPEG4);
    expect_each_when_sent(watcher, clip, mpeg4_frames(clip.coded));
}

TEST_P(StatefulWorker, DrainsNothing) {
    Watcher watcher(GetParam());
    watcher.take_until_completed(watcher.input({}, 0));
    watcher.take_until_completed(watcher.drain());
    EXPECT_TRUE(watcher.shown.empty());
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

INSTANTIATE_TEST_SUITE_P(Threads, StatefulWorker, testing::Values(1U, 3U));

} // namespace
} // namespace daedalus::test
