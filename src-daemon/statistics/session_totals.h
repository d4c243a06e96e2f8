// SPDX-License-Identifier: BSD-2-Clause
// Sums over the workers of a session, and over the sessions of a codec, that survive both.
#pragma once

#include "statistics/snapshot.h"

#include "daedalus/protocol.h"

#include <array>
#include <cstdint>

namespace daedalus::statistics {

/// What one session has counted over all its workers. A session gets a new worker, with a page of zeros, when
/// one dies.
class SessionTotals {
  public:
    /// Takes a worker's last figures, when it has gone.
    void retire_worker(const Counters& last);
    /// The sum since the session began or reset() was called. `current`: the worker's now; zeros if it has
    /// none.
    [[nodiscard]] Counters total(const Counters& current) const;
    /// Counts from zero from now on.
    void reset(const Counters& current);

  private:
    Counters retired_;
    Counters baseline_;
};

/// What the sessions of each codec have counted since the supervisor started.
class CodecTotals {
  public:
    /// Takes a session's figures when it has gone.
    void retire_session(enum daedalus_codec codec, const Counters& total);
    /// The sum of the sessions that have gone; add those that stream.
    [[nodiscard]] const Counters& retired(enum daedalus_codec codec) const;
    [[nodiscard]] std::uint64_t sessions(enum daedalus_codec codec) const;
    void reset();

  private:
    struct Entry {
        Counters counters;
        std::uint64_t sessions = 0;
    };
    std::array<Entry, DAEDALUS_CODEC_COUNT> codecs_{};
};

} // namespace daedalus::statistics
