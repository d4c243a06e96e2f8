// SPDX-License-Identifier: BSD-2-Clause
// daedalus-bench-steady: what a worker does for a request when it has been running for a while.
//
// Two measurements, each of a worker of its own: system calls, with every thread stopped at each of them, and
// allocations. Prints lines of a name and a number per request.
#include "bench/allocation_counter.h"
#include "bench/call_counter.h"
#include "bench/clip.h"
#include "bench/decode_load.h"
#include "statistics/snapshot.h"

#include <getopt.h>
#include <sys/mman.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <new>
#include <optional>
#include <stdexcept>

using namespace daedalus;
using namespace daedalus::bench;

namespace {

constexpr char usage[] = "Usage: daedalus-bench-steady [OPTION]... CLIP\n"
                         "  --threads=N   of the decoder, 1 unless told\n"
                         "  --depth=N     requests in flight, 4 unless told\n"
                         "  --planar      into YU12 buffers; NV12 unless told\n"
                         "  --no-journal  the worker keeps no copy of what it decodes\n";

constexpr unsigned warm_rounds = 2; // as many buffers and as much memory as will ever be needed
constexpr unsigned rounds = 2;

struct Options {
    DecodeLoadOptions load = {.threads = 1, .depth = 4};
    std::string clip;
};

void print(const char* name, double value) {
    std::printf("%s\t%.3f\n", name, value);
}

/// Bytes that the kernel's messages have: what is to be copied of each request once.
double message_bytes(const Clip& clip) {
    std::size_t bytes = 0;
    for (const Request& request : clip.requests) {
        bytes += sizeof(daedalus_msg_decode) + (request.bitstream.size() + 7) / 8 * 8;
        for (const test::OwnedControl& control : request.controls)
            bytes += sizeof(daedalus_control) + (control.payload.size() + 7) / 8 * 8;
    }
    return static_cast<double>(bytes);
}

double bitstream_bytes(const Clip& clip) {
    std::size_t bytes = 0;
    for (const Request& request : clip.requests)
        bytes += request.bitstream.size();
    return static_cast<double>(bytes);
}

void count_calls(const Options& options, const Clip& clip) {
    std::optional<CallCounter> counter; // ends behind the worker
    DecodeLoad load(options.load);
    load.open(clip);
    load.run_rounds(warm_rounds);
    counter.emplace(load.worker());
    load.run_rounds(1); // all threads have come by
    const std::uint64_t recorded_before = load.recorded_bytes();
    counter->start();
    load.run_rounds(rounds);
    const CallCounts counts = counter->counts();
    const auto recorded = static_cast<double>(load.recorded_bytes() - recorded_before);
    const auto requests = static_cast<double>(clip.requests.size() * rounds);
    for (const auto& [name, calls] : counts.calls)
        print(("call/" + name).c_str(), static_cast<double>(calls) / requests);
    print("bitstream_bytes", bitstream_bytes(clip) / static_cast<double>(clip.requests.size()));
    print("copies/read", static_cast<double>(counts.received_bytes) / rounds / message_bytes(clip));
    print("copies/journal", recorded / rounds / message_bytes(clip));
    print("picture_bytes", 1.5 * clip.width * clip.height);
    const auto path = statistics::snapshot(load.page(), statistics::monotonic_ns()).pixel_path;
    print("pixel_passes", path == statistics::PixelPath::direct ? 0 : 1);
}

/// In memory that the worker shares.
AllocationCounts& shared_counts() {
    void* const memory =
        mmap(nullptr, sizeof(AllocationCounts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        throw std::bad_alloc();
    return *new (memory) AllocationCounts;
}

void count_worker_allocations(const Options& options, const Clip& clip) {
    AllocationCounts& counts = shared_counts();
    count_allocations(&counts); // the worker inherits it
    DecodeLoad load(options.load);
    count_allocations(nullptr);
    load.open(clip);
    load.run_rounds(warm_rounds);
    if (counts.own == 0 || counts.libraries == 0)
        throw std::runtime_error("no allocation was counted while the worker started: the counter is broken");
    for (auto* const counted : {&counts.own, &counts.own_bytes, &counts.libraries, &counts.libraries_bytes})
        *counted = 0;
    load.run_rounds(rounds);
    const auto requests = static_cast<double>(clip.requests.size() * rounds);
    print("allocations/own", static_cast<double>(counts.own) / requests);
    print("allocations/own_bytes", static_cast<double>(counts.own_bytes) / requests);
    print("allocations/libraries", static_cast<double>(counts.libraries) / requests);
    print("allocations/libraries_bytes", static_cast<double>(counts.libraries_bytes) / requests);
}

} // namespace

int main(int argc, char** argv) {
    static const option long_options[] = {{"threads", required_argument, nullptr, 't'},
                                          {"depth", required_argument, nullptr, 'd'},
                                          {"planar", no_argument, nullptr, 'p'},
                                          {"no-journal", no_argument, nullptr, 'j'},
                                          {}};
    Options options;
    for (int option = 0; (option = getopt_long(argc, argv, "", long_options, nullptr)) != -1;) {
        switch (option) {
        case 't':
            options.load.threads = static_cast<unsigned>(std::strtoul(optarg, nullptr, 10));
            break;
        case 'd':
            options.load.depth = static_cast<unsigned>(std::strtoul(optarg, nullptr, 10));
            break;
        case 'p':
            options.load.planar = true;
            break;
        case 'j':
            options.load.journal_bytes = 0;
            break;
        default:
            std::fputs(usage, stderr);
            return EXIT_FAILURE;
        }
    }
    if (optind + 1 != argc || options.load.threads == 0 || options.load.depth == 0) {
        std::fputs(usage, stderr);
        return EXIT_FAILURE;
    }
    options.clip = argv[optind];
    try {
        const Clip clip = read_clip(options.clip);
        count_calls(options, clip);
        count_worker_allocations(options, clip);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "daedalus-bench-steady: %s\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
