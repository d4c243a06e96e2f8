// SPDX-License-Identifier: BSD-2-Clause
// Processes that play clips again and again while something is done to the decoder.
#pragma once

#include "client/scenario.h"
#include "client/shared_array.h"

#include <atomic>
#include <cstdint>
#include <span>
#include <sys/types.h>
#include <vector>

namespace daedalus::client {

/** What the players tell, in memory that they share. */
struct Told {
    std::atomic<bool> enough;
    std::atomic<uint32_t> frames;
    std::atomic<uint32_t> lost;  ///< in error
    std::atomic<uint32_t> wrong; ///< with other pixels, and not in error
};

class EndlessPlayers {
  public:
    /** Starts @p count of them; they take the clips named in @p clips in turn. */
    EndlessPlayers(const Context& context, std::span<const char* const> clips, unsigned count);
    /** Kills those that play on. */
    ~EndlessPlayers();
    EndlessPlayers(const EndlessPlayers&) = delete;
    EndlessPlayers& operator=(const EndlessPlayers&) = delete;

    /** Has them play their clips to the end and stop; returns how many could not. */
    int finish();

    const Told& told() const { return told_[0]; }
    /** The processes. */
    const std::vector<pid_t>& pids() const { return players_; }

  private:
    SharedArray<Told> told_{1};
    std::vector<pid_t> players_;
};

} // namespace daedalus::client
