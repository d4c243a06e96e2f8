// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "progress.h"
#include "wild_memory.h"

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace daedalus::client {

/** What a worker has read on a session fd and may answer, rightly or not. */
struct Known {
    int session = -1;
    uint64_t cookie = 0; ///< of a job or an offer; 0: it is an epoch
    uint64_t buffer = 0;
    uint32_t epoch = 0;
    bool offer = false;
};

/**
 * The supervisor and its workers in one, used by several threads at once: holds the control fd, takes
 * sessions, reads them with good and bad buffers, and answers right, twice, late, on the wrong session, or
 * with whatever numbers.
 */
class WildDaemon {
  public:
    explicit WildDaemon(Progress& progress) : progress_(progress) {}
    WildDaemon(const WildDaemon&) = delete;
    WildDaemon& operator=(const WildDaemon&) = delete;
    ~WildDaemon();

    /** One call, or a few that belong together. Attaches when nobody is attached. */
    void act(Random& random);

  private:
    static constexpr size_t most_sessions = 8;
    static constexpr size_t most_known = 64;
    static constexpr size_t most_dma_bufs = 4;

    void attach(Random& random);
    void hello(Random& random, bool right);
    void accept(Random& random);
    void cancel(Random& random);
    void read_messages(Random& random);
    void serve(Random& random);
    void answer(Random& random, const Known& known);
    void complete(Random& random, const Known& known);
    void give_picture(Random& random, const Known& known);
    void tell_stream(Random& random, int session);
    void export_buffer(Random& random, const Known& known);
    void answer_flush(Random& random, const Known& known);
    void close_something(Random& random);
    void anything(Random& random);

    int some_session(Random& random);
    void remember(int session, const std::vector<uint8_t>& bytes);
    /** Something that was read, which is forgotten if @p once. */
    std::optional<Known> something_known(Random& random, bool once);

    Progress& progress_;
    WildMemory memory_;
    std::mutex mutex_; ///< of the tables; no call is made under it
    int control_ = -1;
    std::array<int, most_sessions> sessions_ = {-1, -1, -1, -1, -1, -1, -1, -1};
    std::vector<Known> known_;
    std::array<int, most_dma_bufs> dma_bufs_ = {-1, -1, -1, -1};
};

} // namespace daedalus::client
