// SPDX-License-Identifier: BSD-2-Clause
// What `daedalusctl watch` shows, as text: knows nothing of terminals or sockets.
#pragma once

#include "environment.h"

#include <nlohmann/json.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace daedalus::ctl {

/// What sessions may be sorted by, in the order in which a key steps through them.
inline constexpr std::array<const char*, 6> sort_keys = {"id", "fps", "p99", "queue", "cpu", "bad"};

/// Takes updates of the daemon and draws them.
class WatchView { // NOLINT(bugprone-exception-escape): it holds JSON, whose destructor may allocate
  public:
    using Clock = std::chrono::steady_clock;

    /// Takes the reply of org.daedalus.v4l2.Monitor that arrived at `now`.
    void update(const nlohmann::json& reply, Clock::time_point now);
    /// Sorts by another key: one of sort_keys. Anything else is ignored.
    void sort_by(const std::string& key);
    void next_sort();
    void reverse() { descending_ = !descending_; }

    /// A screen of at most `height` lines of environment.width columns; lines end in newlines.
    [[nodiscard]] std::string screen(const Environment& environment, unsigned height) const;
    /// One line a session, for logs; one line in all when nobody streams.
    [[nodiscard]] std::string lines() const;
    /// The last update, for JSON.
    [[nodiscard]] const nlohmann::json& last() const { return last_; }

  private:
    struct Row {
        const nlohmann::json* session = nullptr;
        std::optional<double> cpu_percent;
    };
    struct CpuSample {
        std::uint64_t worker_pid = 0;
        std::uint64_t cpu_us = 0;
        Clock::time_point when;
    };
    [[nodiscard]] std::vector<Row> sorted() const;
    [[nodiscard]] double sort_value(const Row& row) const;

    nlohmann::json last_;
    std::map<std::uint64_t, CpuSample> cpu_;      // by session
    std::map<std::uint64_t, double> cpu_percent_; // by session
    std::size_t sort_ = 0;
    bool descending_ = false;
};

} // namespace daedalus::ctl
