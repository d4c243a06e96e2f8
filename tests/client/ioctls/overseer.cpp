// SPDX-License-Identifier: BSD-2-Clause
#include "overseer.h"

#include "client/failure.h"

#include <csignal>
#include <filesystem>
#include <new>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <thread>
#include <unistd.h>

namespace daedalus::client {

namespace {

using std::chrono::milliseconds;

// The emulated machine has one processor for all threads, and may share its own.
constexpr milliseconds stuck_after{15000};
constexpr milliseconds dies_within{10000};
constexpr milliseconds between_looks{100};
constexpr uint32_t looks_between_kills = 8;

/** Interrupts calls that block; without SA_RESTART they return. */
void let_be_interrupted() {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    ::sigaction(SIGUSR1, &action, nullptr);
}

[[noreturn]] void fuzz(const Overseer::Work& work, Progress& progress, size_t first_thread, uint64_t seed) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    const auto act = work.start(progress);
    std::vector<std::thread> threads;
    for (size_t i = 0; i < work.threads; i++)
        threads.emplace_back([&, i] {
            Random random(seed + i);
            while (true) {
                act(random);
                progress.calls.at(first_thread + i)++;
            }
        });
    for (std::thread& thread : threads)
        thread.join();
    ::_exit(1); // not reached
}

} // namespace

Overseer::Overseer(std::vector<Work> processes, uint64_t seed) : work_(std::move(processes)), seed_(seed) {
    let_be_interrupted();
    size_t first_thread = 0;
    for (const Work& work : work_) {
        processes_.push_back({.work = &work, .first_thread = first_thread});
        first_thread += work.threads;
    }
    expect(first_thread <= most_threads, "more threads than there are counters for");
}

Overseer::~Overseer() {
    for (Process& process : processes_)
        if (process.pid > 0)
            kill(process);
}

uint64_t Overseer::calls() const {
    uint64_t sum = 0;
    for (const auto& calls : progress_[0].calls)
        sum += calls;
    return sum;
}

void Overseer::start(Process& process) {
    const uint64_t seed = seed_ + most_threads * started_++;
    process.pid =
        start_child([&]() -> int { fuzz(*process.work, progress_[0], process.first_thread, seed); });
    for (size_t i = 0; i < process.work->threads; i++)
        seen_[process.first_thread + i] = {progress_[0].calls.at(process.first_thread + i), Clock::now()};
    std::vector<pid_t> all;
    for (const Process& each : processes_)
        if (each.pid > 0)
            all.push_back(each.pid);
    monitor_.watch(std::move(all));
}

void Overseer::kill(Process& process) {
    ::kill(process.pid, SIGKILL);
    if (!wait_for_end(process.pid, dies_within))
        stuck_.push_back("process " + std::to_string(process.pid) + " was killed and does not die");
    process.pid = 0;
    kills_++;
}

void Overseer::interrupt(const Process& process) {
    std::error_code error;
    const std::string tasks = "/proc/" + std::to_string(process.pid) + "/task";
    for (std::filesystem::directory_iterator task(tasks, error), end; !error && task != end;
         task.increment(error))
        ::syscall(SYS_tgkill, process.pid, std::stoi(task->path().filename()), SIGUSR1);
}

void Overseer::look_for_stuck_threads(const Process& process) {
    for (size_t i = 0; i < process.work->threads; i++) {
        const size_t thread = process.first_thread + i;
        const uint64_t calls = progress_[0].calls.at(thread);
        LastSeen& seen = seen_[thread];
        if (calls != seen.calls) {
            seen = {calls, Clock::now()};
        } else if (Clock::now() - seen.when > stuck_after) {
            stuck_.push_back("a thread of process " + std::to_string(process.pid) +
                             " does not return from its call");
            seen.when = Clock::now();
        }
    }
}

void Overseer::run(std::chrono::seconds time) {
    Random random(seed_);
    const auto end = Clock::now() + time;
    for (Process& process : processes_)
        start(process);
    for (uint32_t look = 1; Clock::now() < end && stuck_.empty(); look++) {
        std::this_thread::sleep_for(between_looks);
        for (Process& process : processes_) {
            int status = 0;
            if (wait_for_end(process.pid, milliseconds(0), &status)) {
                stuck_.push_back("process " + std::to_string(process.pid) + " ended by itself, status " +
                                 std::to_string(status));
                start(process);
            }
            interrupt(process);
            look_for_stuck_threads(process);
        }
        if (look % looks_between_kills == 0) {
            Process& process = processes_[random.below(static_cast<uint32_t>(processes_.size()))];
            kill(process);
            start(process);
        }
    }
    monitor_.watch({});
    for (Process& process : processes_)
        kill(process);
}

} // namespace daedalus::client
