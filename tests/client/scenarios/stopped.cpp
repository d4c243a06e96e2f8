// SPDX-License-Identifier: BSD-2-Clause
// Workers and the supervisor are stopped where they are (SIGSTOP), for less and for more than a request may
// take: every request is answered in the time that is configured, and when all go on the next key frame is
// right.
#include "client/process.h"
#include "client/scenario.h"
#include "client/shared_array.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <random>
#include <thread>

namespace daedalus::client {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr size_t clients = 4;
constexpr size_t most_answers = 100000;
constexpr milliseconds recovery_limit(30000);
/** A machine that is emulated on a busy one: what the client and the kernel's timer may be late by. */
constexpr double slack_ms = 1000;

/** What a client tells. */
struct Answers {
    std::atomic<bool> enough;
    std::atomic<uint32_t> count;
    std::atomic<uint32_t> errors;
    std::atomic<uint32_t> key_frames; ///< that are right
    float latency_ms[most_answers];
};

void play(const Context& context, const Clip& clip, Answers& answers) {
    // One request at a time: each has the whole time that is configured, from when it is queued.
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 1, .timeout_ms = 60000});
    decoder.on_frame = [&](const DecodedFrame& frame, std::span<const uint8_t>) {
        const uint32_t at = answers.count;
        if (at < most_answers) {
            answers.latency_ms[at] = static_cast<float>(frame.latency_ms);
            answers.count = at + 1;
        }
        answers.errors += frame.error ? 1 : 0;
        if (!frame.error && clip.stream.frames[frame.frame].is_idr && frame.md5 == clip.expected(frame.frame))
            answers.key_frames++;
    };
    play_until([&] { return answers.enough.load(); }, decoder, clip);
}

/** Stops one of the processes of that name for a while; false: there is none. */
bool stop_one(const char* name, std::mt19937& random, milliseconds longest) {
    const std::vector<pid_t> processes = processes_named(name);
    if (processes.empty())
        return false;
    const pid_t victim = processes[random() % processes.size()];
    ::kill(victim, SIGSTOP);
    std::this_thread::sleep_for(milliseconds(random() % static_cast<unsigned>(longest.count())));
    ::kill(victim, SIGCONT); // unless the supervisor was quicker
    return true;
}

/** All clients get a key frame that is right. */
bool recovered(const SharedArray<Answers>& answers) {
    std::vector<uint32_t> before;
    for (const Answers& one : answers)
        before.push_back(one.key_frames);
    for (const auto end = Clock::now() + recovery_limit; Clock::now() < end;) {
        bool all = true;
        for (size_t i = 0; i < clients; i++)
            all = all && answers[i].key_frames > before[i];
        if (all)
            return true;
        std::this_thread::sleep_for(milliseconds(50));
    }
    return false;
}

void show(Context& context, const SharedArray<Answers>& answers, double deadline_ms) {
    std::vector<float> latencies;
    uint32_t errors = 0;
    for (const Answers& one : answers) {
        latencies.insert(latencies.end(), one.latency_ms, one.latency_ms + one.count);
        errors += one.errors;
    }
    expect(!latencies.empty(), "nothing was answered");
    std::ranges::sort(latencies);
    const double p99 = latencies[latencies.size() * 99 / 100];
    const double longest = latencies.back();
    const double bar = deadline_ms + slack_ms;
    context.figure("answers", static_cast<double>(latencies.size()), "requests", ">0", true);
    context.figure("errors", errors, "requests", ">0", errors > 0);
    context.figure("p99", p99, "ms", "<=" + std::to_string(static_cast<long>(bar)), p99 <= bar);
    context.figure("longest", longest, "ms", "<=" + std::to_string(static_cast<long>(bar)), longest <= bar);
}

void stopped(Context& context) {
    const double deadline_ms = static_cast<double>(context.number("deadline-ms", 1900));
    const Clip clip = context.clip("tiny");
    SharedArray<Answers> answers(clients);
    std::vector<pid_t> pids;
    for (Answers& one : answers)
        pids.push_back(start_child("client", [&] { play(context, clip, one); }));
    expect(recovered(answers), "not every client is served");

    std::mt19937 random(static_cast<unsigned>(context.number("seed", 1)));
    SleepMonitor monitor;
    monitor.watch(pids);
    const milliseconds longest(static_cast<long>(2 * deadline_ms));
    const long rounds = context.number("rounds", 40);
    long stops = 0;
    for (long round = 0; round < rounds; round++) {
        stops += stop_one(random() % 4 != 0 ? "daedalus-worker" : "daedalusd", random, longest) ? 1 : 0;
        std::this_thread::sleep_for(milliseconds(random() % 500));
    }
    const bool all_recovered = recovered(answers);
    for (Answers& one : answers)
        one.enough = true;
    size_t failed = 0;
    for (const pid_t pid : pids) {
        int status = 0;
        const bool ended = wait_for_end(pid, recovery_limit, &status);
        if (!ended)
            ::kill(pid, SIGKILL);
        failed += ended && status == 0 ? 0 : 1;
    }
    context.figure("stops", static_cast<double>(stops), "stops", std::to_string(rounds), stops == rounds);
    show(context, answers, deadline_ms);
    context.figure("longest_d_state", monitor.longest_ms(), "ms", "<1000", monitor.longest_ms() < 1000);
    context.figure("clients_failed", static_cast<double>(failed), "clients", "0", failed == 0);
    expect(all_recovered, "a client gets no right key frame though all go on");
}

constexpr Scenario list[] = {
    {"stopped", "SIGSTOP of workers and of the supervisor while clients play", stopped},
};

} // namespace

std::span<const Scenario> stopped_scenarios() {
    return list;
}

} // namespace daedalus::client
