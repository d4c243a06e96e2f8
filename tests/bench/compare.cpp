// SPDX-License-Identifier: BSD-2-Clause
// daedalus-bench-compare: several ways to decode a clip, measured in turns.
//
// Each turn begins with another contestant, so that whatever else the machine does falls on all of them. For
// each turn and contestant it prints a line of figures that are separated by tabs; see usage.
#include "bench/clip.h"
#include "bench/contestant.h"

#include <getopt.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>

using namespace daedalus::bench;

namespace {

constexpr char usage[] = "Usage: daedalus-bench-compare [OPTION]... CLIP CONTESTANT...\n"
                         "  --turns=N    how often to measure each, 7 unless told\n"
                         "  --seconds=S  about how long each time, 0.5 unless told\n"
                         "\n"
                         "A contestant is one of\n"
                         "  worker[,threads=N][,depth=N][,planar]\n"
                         "  library[,threads=N]\n"
                         "  command,COMMAND           with {loops}: how often to begin the clip again\n"
                         "\n"
                         "Columns: number of the turn, number of the contestant (from 1), pictures per "
                         "second, processor time for\n"
                         "a picture (ms), median time of a picture (ms), median of its ratio to that of "
                         "contestant 1, peak memory\n"
                         "(KiB), the memory of what the clip needs for reference (KiB).\n";

struct Options {
    unsigned turns = 7;
    double seconds = 0.5;
    std::string clip;
    std::vector<std::string> contestants;
};

double median(std::vector<double> values) {
    if (values.empty())
        return std::nan("");
    const std::size_t middle = values.size() / 2;
    std::ranges::sort(values);
    return values.size() % 2 != 0 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

/// Of the times of the same picture.
double median_ratio(const std::vector<double>& times, const std::vector<double>& reference) {
    std::vector<double> ratios;
    if (times.size() == reference.size())
        for (std::size_t i = 0; i < times.size(); i++)
            ratios.push_back(times[i] / reference[i]);
    return median(std::move(ratios));
}

void compare(const Options& options) {
    std::vector<std::unique_ptr<Contestant>> contestants;
    contestants.reserve(options.contestants.size());
    for (const std::string& words : options.contestants)
        contestants.push_back(make_contestant(words));
    const Clip clip = read_clip(options.clip);
    for (const auto& contestant : contestants) {
        contestant->open(clip);
        contestant->run(2); // memory is touched, caches are warm
    }
    const auto rounds = static_cast<unsigned>(
        std::clamp(std::lround(options.seconds / contestants.front()->run(1).seconds), 1L, 1000L));
    const auto pictures = static_cast<double>(clip.packets.size()) * rounds;
    const std::uint64_t reference_kib =
        clip.most_in_use * std::uint64_t{clip.width} * clip.height * 3 / 2 / 1024;
    for (unsigned turn = 0; turn < options.turns; turn++) {
        std::vector<Run> runs(contestants.size());
        for (std::size_t i = 0; i < contestants.size(); i++) {
            const std::size_t which = (turn + i) % contestants.size();
            runs[which] = contestants[which]->run(rounds);
        }
        for (std::size_t i = 0; i < runs.size(); i++)
            std::printf("%u\t%zu\t%.2f\t%.4f\t%.4f\t%.4f\t%llu\t%llu\n", turn + 1, i + 1,
                        pictures / runs[i].seconds, 1e3 * runs[i].processor_seconds / pictures,
                        1e3 * median(runs[i].picture_seconds),
                        median_ratio(runs[i].picture_seconds, runs[0].picture_seconds),
                        static_cast<unsigned long long>(runs[i].peak_kib),
                        static_cast<unsigned long long>(reference_kib));
        std::fflush(stdout);
    }
}

} // namespace

int main(int argc, char** argv) {
    static const option long_options[] = {
        {"turns", required_argument, nullptr, 't'}, {"seconds", required_argument, nullptr, 's'}, {}};
    Options options;
    for (int option = 0; (option = getopt_long(argc, argv, "", long_options, nullptr)) != -1;) {
        switch (option) {
        case 't':
            options.turns = static_cast<unsigned>(std::strtoul(optarg, nullptr, 10));
            break;
        case 's':
            options.seconds = std::strtod(optarg, nullptr);
            break;
        default:
            std::fputs(usage, stderr);
            return EXIT_FAILURE;
        }
    }
    if (argc - optind < 2) {
        std::fputs(usage, stderr);
        return EXIT_FAILURE;
    }
    options.clip = argv[optind];
    options.contestants.assign(argv + optind + 1, argv + argc);
    try {
        compare(options);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "daedalus-bench-compare: %s\n", error.what());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}
