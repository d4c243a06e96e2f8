// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <thread>
#include <vector>

namespace daedalus::client {

/** The processes that run a program of that name (comm, at most 15 characters). */
std::vector<pid_t> processes_named(const std::string& name);

/** Runs @p work in a child, whose exit status is what it returns; throws when there is no child. */
pid_t start_child(const std::function<int()>& work);

/** The same for @p work that returns nothing: 0, or 1 after the child has printed what it threw as @p who. */
pid_t start_child(const std::string& who, const std::function<void()>& work);

/** Starts a program; its output goes to the file @p log. */
pid_t start_program(const std::vector<std::string>& command, const std::string& log);

/** Waits for a child's end; false when it has not ended after @p limit. */
bool wait_for_end(pid_t child, std::chrono::milliseconds limit, int* status = nullptr);

/**
 * Looks again and again whether a thread of some processes sleeps in a way
 * that no signal can end (state D), and for how long at a stretch.
 */
class SleepMonitor {
  public:
    SleepMonitor();
    ~SleepMonitor();
    SleepMonitor(const SleepMonitor&) = delete;
    SleepMonitor& operator=(const SleepMonitor&) = delete;

    /** Which processes to look at from now on. */
    void watch(std::vector<pid_t> processes);
    /** The longest stretch so far, in milliseconds. */
    double longest_ms() const { return longest_ms_; }

  private:
    void run();

    std::mutex mutex_;
    std::vector<pid_t> processes_;
    std::atomic<double> longest_ms_ = 0;
    std::atomic<bool> stop_ = false;
    std::thread thread_;
};

} // namespace daedalus::client
