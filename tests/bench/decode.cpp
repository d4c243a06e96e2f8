// SPDX-License-Identifier: BSD-2-Clause
// daedalus-bench-decode: pictures per second of a worker, alone and with a command running beside it.
//
// The two are measured in turns, each pair beginning with the other one, so that whatever else the machine
// does falls on both. Prints a line for each pair: pictures per second alone and beside the command, and the
// shares of all processors that the command and the control socket took meanwhile.
#include "bench/companion.h"
#include "bench/control_process.h"
#include "bench/decode_load.h"

#include <getopt.h>
#include <sched.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <memory>
#include <optional>

using namespace daedalus::bench;

namespace {

using Clock = DecodeLoad::Clock;
using Seconds = std::chrono::duration<double>;

/// For what a start or an end of the command does to the first pictures.
constexpr auto settle = std::chrono::milliseconds(200);

constexpr char usage[] = "Usage: daedalus-bench-decode [OPTION]... CLIP\n"
                         "  --threads=N      of the decoder; as the daemon chooses unless told\n"
                         "  --pairs=N        how often to measure each way, 10 unless told\n"
                         "  --seconds=S      how long each time, 2 unless told\n"
                         "  --socket=PATH    serve the daemon's control socket there\n"
                         "  --beside=COMMAND what runs beside, in a shell; nothing unless told\n";

struct Options {
    DecodeLoadOptions load;
    std::string clip;
    unsigned pairs = 10;
    double seconds = 2;
    std::string socket;
    std::string beside;
};

struct Measurement {
    double pictures_per_second = 0;
    double command_share = 0; ///< of all processors
    double control_share = 0;
};

int processors() {
    cpu_set_t set;
    CPU_ZERO(&set);
    sched_getaffinity(0, sizeof(set), &set);
    return CPU_COUNT(&set);
}

Measurement measure(DecodeLoad& load, const Options& options, const ControlProcess* control,
                    const std::string& beside) {
    std::optional<Companion> companion;
    if (!beside.empty())
        companion.emplace(beside);
    const std::uint64_t control_before = control != nullptr ? processor_time_us(control->pid()) : 0;
    const auto started = Clock::now();
    load.run_until(started + settle);
    const auto begin = Clock::now();
    const std::uint64_t pictures =
        load.run_until(begin + std::chrono::duration_cast<Clock::duration>(Seconds(options.seconds)));
    const auto end = Clock::now();
    const std::uint64_t command_us = companion ? companion->stop() : 0;
    const std::uint64_t control_us =
        control != nullptr ? processor_time_us(control->pid()) - control_before : 0;
    const double processor_us = Seconds(end - started).count() * 1e6 * processors();
    return {.pictures_per_second = static_cast<double>(pictures) / Seconds(end - begin).count(),
            .command_share = static_cast<double>(command_us) / processor_us,
            .control_share = static_cast<double>(control_us) / processor_us};
}

void run(const Options& options) {
    const Clip clip = read_clip(options.clip);
    DecodeLoad load(options.load);
    load.open(clip);
    std::optional<ControlProcess> control;
    if (!options.socket.empty())
        control.emplace(options.socket, load.page(), load.worker());
    const ControlProcess* const served = control ? &*control : nullptr;
    load.run_until(Clock::now() + std::chrono::seconds(1));
    for (unsigned pair = 0; pair < options.pairs; pair++) {
        Measurement alone;
        Measurement beside;
        if (pair % 2 == 0)
            alone = measure(load, options, served, {});
        beside = measure(load, options, served, options.beside);
        if (pair % 2 == 1)
            alone = measure(load, options, served, {});
        std::printf("%.2f\t%.2f\t%.6f\t%.6f\n", alone.pictures_per_second, beside.pictures_per_second,
                    beside.command_share, beside.control_share);
        std::fflush(stdout);
    }
}

} // namespace

int main(int argc, char** argv) {
    static const option long_options[] = {
        {"threads", required_argument, nullptr, 't'}, {"pairs", required_argument, nullptr, 'p'},
        {"seconds", required_argument, nullptr, 's'}, {"socket", required_argument, nullptr, 'c'},
        {"beside", required_argument, nullptr, 'b'},  {},
    };
    Options options;
    for (int option = 0; (option = getopt_long(argc, argv, "", long_options, nullptr)) != -1;) {
        switch (option) {
        case 't':
            options.load.threads = static_cast<unsigned>(std::strtoul(optarg, nullptr, 10));
            break;
        case 'p':
            options.pairs = static_cast<unsigned>(std::strtoul(optarg, nullptr, 10));
            break;
        case 's':
            options.seconds = std::strtod(optarg, nullptr);
            break;
        case 'c':
            options.socket = optarg;
            break;
        case 'b':
            options.beside = optarg;
            break;
        default:
            std::fputs(usage, stderr);
            return EXIT_FAILURE;
        }
    }
    if (optind + 1 != argc) {
        std::fputs(usage, stderr);
        return EXIT_FAILURE;
    }
    options.clip = argv[optind];
    try {
        run(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "daedalus-bench-decode: %s\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
