// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "client/process.h"
#include "client/shared_array.h"
#include "progress.h"
#include "random.h"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <sys/types.h>
#include <vector>

namespace daedalus::client {

/**
 * Runs the processes that fuzz, kills one now and then and starts another in its place, and looks whether
 * any of them gets stuck: a thread that returns from no call although signals interrupt it, or a process
 * that does not die when it is killed.
 */
class Overseer {
  public:
    /** What a thread of a process does, over and over, until the process is killed. */
    struct Work {
        /** Called once in each process, before its threads; gives what they all do. */
        std::function<std::function<void(Random&)>(Progress&)> start;
        size_t threads = 2;
    };

    Overseer(std::vector<Work> processes, uint64_t seed);
    Overseer(const Overseer&) = delete;
    Overseer& operator=(const Overseer&) = delete;
    ~Overseer();

    void run(std::chrono::seconds time);

    Progress& progress() { return progress_[0]; }
    uint64_t calls() const;
    uint64_t kills() const { return kills_; }
    /** Threads that did not return from a call, and processes that did not die. */
    const std::vector<std::string>& stuck() const { return stuck_; }
    double longest_sleep_ms() const { return monitor_.longest_ms(); }

  private:
    using Clock = std::chrono::steady_clock;
    struct Process {
        const Work* work;
        size_t first_thread; ///< index in Progress::calls
        pid_t pid = 0;
    };
    struct LastSeen {
        uint64_t calls = 0;
        Clock::time_point when;
    };

    void start(Process& process);
    void kill(Process& process);
    static void interrupt(const Process& process);
    void look_for_stuck_threads(const Process& process);

    std::vector<Work> work_;
    std::vector<Process> processes_;
    SharedArray<Progress> progress_{1};
    uint64_t seed_;
    uint64_t started_ = 0;
    uint64_t kills_ = 0;
    std::map<size_t, LastSeen> seen_;
    std::vector<std::string> stuck_;
    SleepMonitor monitor_;
};

} // namespace daedalus::client
