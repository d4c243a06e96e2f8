// SPDX-License-Identifier: BSD-2-Clause
#include "bench/worker_contestant.h"

#include "bench/companion.h"
#include "bench/process_memory.h"
#include "statistics/snapshot.h"

#include <span>
#include <stdexcept>

namespace daedalus::bench {

Run WorkerContestant::run(unsigned rounds) {
    using Seconds = std::chrono::duration<double>;
    std::vector<DecodeLoad::Clock::duration> times;
    const std::uint64_t processor_before = processor_time_us(load_.worker());
    const auto begin = DecodeLoad::Clock::now();
    load_.run_rounds(rounds, &times);
    const auto end = DecodeLoad::Clock::now();
    Run run{.seconds = Seconds(end - begin).count(),
            .processor_seconds =
                static_cast<double>(processor_time_us(load_.worker()) - processor_before) / 1e6,
            .picture_seconds = {},
            .peak_kib = peak_memory_kib(load_.worker()) - resident_kib(load_.worker(), "/memfd:capture")};
    if (options_.depth == 1) { // else it is the time of waiting in the queue
        const auto last_round = std::span(times).last(clip_->requests.size());
        run.picture_seconds.resize(clip_->packets.size());
        for (std::size_t i = 0; i < last_round.size();
             i++) // the library gets hidden frames along with others
            run.picture_seconds[clip_->requests[i].packet] += Seconds(last_round[i]).count();
    }
    const auto path = statistics::snapshot(load_.page(), statistics::monotonic_ns()).pixel_path;
    if (options_.planar && path != statistics::PixelPath::direct)
        throw std::runtime_error("a picture was not decoded into the client's planar buffer");
    return run;
}

} // namespace daedalus::bench
