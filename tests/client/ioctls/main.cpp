// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes the module's devices from both sides at once: clients of the two video nodes, and in the daemon's
// place somebody who answers as it likes. Whether the kernel survives is for its log to say; this program
// says how deep it got, and whether anything got stuck.
//
//	daedalus-ioctl-fuzz STATELESS-NODE STATEFUL-NODE MEDIA-NODE SECONDS SEED
#include "client/failure.h"
#include "overseer.h"
#include "wild_client.h"
#include "wild_daemon.h"

#include <cstdio>
#include <cstdlib>
#include <memory>

namespace {

using namespace daedalus::client;

constexpr uint32_t files_of_a_process = 2;

/** Some open files of one node, which every thread uses. */
Overseer::Work clients(const FuzzedNodes& nodes, bool stateful) {
    return {.start = [&nodes, stateful](Progress& progress) {
        auto files = std::make_shared<std::vector<std::unique_ptr<WildClient>>>();
        for (uint32_t i = 0; i < files_of_a_process; i++)
            files->push_back(std::make_unique<WildClient>(nodes, stateful, progress));
        return [files](Random& random) { (*files)[random.below(files_of_a_process)]->act(random); };
    }};
}

Overseer::Work daemons() {
    return {.start =
                [](Progress& progress) {
                    auto daemon = std::make_shared<WildDaemon>(progress);
                    return [daemon](Random& random) { daemon->act(random); };
                },
            .threads = 3};
}

void say(const char* name, double value, const char* unit, const char* bar, bool pass,
         const std::string& reason = {}) {
    std::printf("RESULT %s %.0f %s %s %s %s\n", name, value, unit, bar, pass ? "pass" : "fail",
                reason.c_str());
}

constexpr const char* depth_names[] = {"requests_queued",  "frames_dequeued", "events_dequeued",
                                       "messages_read",    "jobs_completed",  "pictures_given",
                                       "buffers_exported", "flushes_answered"};
static_assert(std::size(depth_names) == static_cast<size_t>(Depth::count));

int run(char** values) {
    const FuzzedNodes nodes = {.stateless = values[1], .stateful = values[2], .media = values[3]};
    const auto time = std::chrono::seconds(std::strtoul(values[4], nullptr, 10));
    const uint64_t seed = std::strtoull(values[5], nullptr, 10);
    std::printf("seed %llu\n", static_cast<unsigned long long>(seed));
    std::fflush(stdout);

    Overseer overseer(
        {clients(nodes, false), clients(nodes, false), clients(nodes, true), clients(nodes, true), daemons()},
        seed);
    overseer.run(time);

    bool good = overseer.stuck().empty();
    say("calls", static_cast<double>(overseer.calls()), "calls", "-", true);
    say("kills", static_cast<double>(overseer.kills()), "kills", "-", true);
    // Random arguments alone would get nowhere: then nothing would have been tested.
    for (size_t i = 0; i < std::size(depth_names); i++) {
        const uint64_t count = overseer.progress().of(static_cast<Depth>(i));
        say(depth_names[i], static_cast<double>(count), "times", "1", count >= 1);
        good = good && count >= 1;
    }
    constexpr double longest_sleep_ms = 10000;
    const bool awake = overseer.longest_sleep_ms() < longest_sleep_ms;
    say("longest_deep_sleep", overseer.longest_sleep_ms(), "ms", "10000", awake);
    say("stuck", static_cast<double>(overseer.stuck().size()), "threads", "0", overseer.stuck().empty(),
        overseer.stuck().empty() ? std::string() : overseer.stuck().front());
    return good && awake ? 0 : 1;
}

} // namespace

int main(int count, char** values) {
    if (count != 6) {
        std::fprintf(stderr, "usage: %s STATELESS-NODE STATEFUL-NODE MEDIA-NODE SECONDS SEED\n", values[0]);
        return 2;
    }
    try {
        return run(values);
    } catch (const std::exception& failure) {
        std::fprintf(stderr, "%s\n", failure.what());
        return 2;
    }
}
