// SPDX-License-Identifier: BSD-2-Clause
// A supervisor with two sessions that remembers what it was told to do.
#pragma once

#include "control/provider.h"

#include <algorithm>
#include <cerrno>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace daedalus::test {

class FakeProvider : public control::Provider {
  public:
    FakeProvider() {
        health_.state = control::DaemonState::serving;
        health_.codecs = (1U << DAEDALUS_CODEC_H264) | (1U << DAEDALUS_CODEC_AV1);
        health_.libraries = {{.name = "libavcodec", .version = "61.19.101"},
                             {.name = "libdav1d", .version = {}}};
        sessions_ = {make_session(3, DAEDALUS_CODEC_H264), make_session(5, DAEDALUS_CODEC_VP9)};
        sessions_[1].kind = DAEDALUS_SESSION_STATEFUL;
        sessions_[1].worker = {};
        sessions_[1].worker_pid.reset();
        sessions_[1].state = control::SessionState::waiting;
        statistics::Counters ended;
        ended.frames = 1000;
        totals_.retire_session(DAEDALUS_CODEC_H264, ended);
    }

    static control::Session make_session(std::uint64_t id, daedalus_codec codec) {
        control::Session session;
        session.id = id;
        session.state = control::SessionState::streaming;
        session.codec = codec;
        session.client_pid = 42;
        session.client_comm = "player";
        session.worker_pid = 1;
        session.age_us = 10'000'000;
        session.counted_us = 5'000'000;
        session.totals.frames = 100;
        session.totals.statuses[DAEDALUS_STATUS_OK] = 98;
        session.totals.statuses[DAEDALUS_STATUS_CONCEALED] = 2;
        session.totals.statuses[DAEDALUS_STATUS_BAD_STREAM] = 1;
        for (std::uint64_t i = 0; i < 100; ++i)
            session.totals.decode_time.add(1000 + (i * 10));
        session.worker.codec = codec;
        session.worker.profile = "High";
        session.worker.width = 1920;
        session.worker.height = 1088;
        session.worker.pixelformat = 0x3231564e; // NV12
        session.worker.queue_depth = 2;
        session.worker.threads = 4;
        session.worker.pixel_path = statistics::PixelPath::cpu;
        session.worker.since_progress_us = 1500;
        session.worker.frames_per_second = 29.97;
        session.worker.recent_decode_us = {1000, 2000};
        session.worker.jobs = {
            {.cookie = 0x100000007,
             .state = statistics::JobState::decoding,
             .in_state_us = 10,
             .age_us = 30,
             .bitstream_bytes = 5000,
             .dst_buffer = 9},
            {.cookie = 0x100000008,
             .state = statistics::JobState::queued,
             .in_state_us = 5,
             .age_us = 5,
             .bitstream_bytes = 50,
             .dst_buffer = 10},
        };
        return session;
    }

    [[nodiscard]] control::Health health() const override {
        control::Health health = health_;
        health.sessions = sessions_.size();
        return health;
    }
    [[nodiscard]] std::vector<control::Session> sessions() const override { return sessions_; }
    [[nodiscard]] const statistics::CodecTotals& codec_totals() const override { return totals_; }
    void reset_stats() override { ++resets_; }
    util::Result<std::uint32_t> cancel(std::uint64_t session, std::uint64_t cookie) override {
        canceled_.emplace_back(session, cookie);
        if (cancel_errno_ != 0)
            return util::fail(cancel_errno_, "the module did not do it");
        return cookie == 0 ? 2 : 1;
    }

    control::Health health_;
    std::vector<control::Session> sessions_;
    statistics::CodecTotals totals_;
    int resets_ = 0;
    int cancel_errno_ = 0;
    std::vector<std::pair<std::uint64_t, std::uint64_t>> canceled_;
};

} // namespace daedalus::test
