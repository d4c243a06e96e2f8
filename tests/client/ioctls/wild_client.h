// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "client/file.h"
#include "codec_controls.h"
#include "progress.h"
#include "wild_memory.h"

#include <array>
#include <atomic>
#include <cstdint>
#include <linux/videodev2.h>
#include <vector>

namespace daedalus::client {

/**
 * An open file of one of the video nodes, used by several threads at once. Every number of its is one that
 * works or one that is out of bounds; nothing is remembered that the kernel could be asked for.
 */
class WildClient {
  public:
    WildClient(const FuzzedNodes& nodes, bool stateful, Progress& progress);
    WildClient(const WildClient&) = delete;
    WildClient& operator=(const WildClient&) = delete;
    ~WildClient();

    /** One call, or a few that belong together. Opens the node when it is not open. */
    void act(Random& random);

  private:
    static constexpr size_t most_requests = 6;
    static constexpr size_t most_dma_bufs = 4;
    struct Step {
        uint32_t weight;
        void (WildClient::*run)(Random&);
    };
    static const std::array<Step, 24> steps;

    template <typename Argument>
    int call(Random& random, unsigned long request, Argument& argument) {
        return wild_ioctl(random, memory_, video_, request, argument);
    }
    static uint32_t queue(Random& random);
    uint32_t coded_format(Random& random) const;

    // What a client does that plays video.
    void set_up(Random& random);
    void submit(Random& random);
    void collect(Random& random);
    // Single calls.
    void open_again(Random& random);
    void set_format(Random& random);
    void try_format(Random& random);
    void enumerate(Random& random);
    void request_buffers(Random& random);
    void create_buffers(Random& random);
    void query_buffer(Random& random);
    void queue_buffer(Random& random);
    void dequeue_buffer(Random& random);
    void export_buffer(Random& random);
    void stream_on(Random& random);
    void stream_off(Random& random);
    void set_controls(Random& random);
    void get_controls(Random& random);
    void new_request(Random& random);
    void use_request(Random& random);
    void command(Random& random);
    void events(Random& random);
    void select(Random& random);
    void map(Random& random);
    void wait(Random& random);
    void anything(Random& random);

    void enqueue(Random& random, uint32_t type, int request);
    void put_controls(Random& random, const std::vector<WildControl>& controls, int request, bool set);

    const FuzzedNodes nodes_;
    const bool stateful_;
    Progress& progress_;
    WildMemory memory_;
    // Closed and replaced by any thread under the others' feet: that is what is tested.
    std::atomic<int> video_ = -1;
    int media_ = -1;
    std::array<std::atomic<int>, most_requests> requests_;
    std::array<std::atomic<int>, most_dma_bufs> dma_bufs_;
};

} // namespace daedalus::client
