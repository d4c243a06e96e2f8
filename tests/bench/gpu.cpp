// SPDX-License-Identifier: BSD-2-Clause
// What writing a picture costs by libyuv and by a GPU, in turns within one process.
#include "gpu/measurement.h"
#include "gpu/self_check.h"

#include <getopt.h>

#include <cstdio>
#include <cstdlib>
#include <string>

using namespace daedalus;

namespace {

constexpr char usage[] =
    "Usage: daedalus-bench-gpu [--device=NAME] [--rounds=N] [--copied]\n"
    "Prints a line for each format of 1920x1088: format, the CPU's milliseconds of processor and of wall "
    "time,\n"
    "the GPU's, whether pictures had to be copied, whether the device is software, and its name.\n"
    "\n"
    "  --device=NAME  a part of its name or its UUID; else the best that is no software\n"
    "  --rounds=N     pictures each, of whose times the median is shown (default 51)\n"
    "  --copied       as if the device reached no memory but its own\n";

int failed(const util::Error& error) {
    std::fprintf(stderr, "daedalus-bench-gpu: %s\n", error.message.c_str());
    return EXIT_FAILURE;
}

int measure(gpu::Converter& converter, bool wide, unsigned rounds) {
    const auto comparison = gpu::compare(converter, {.wide = wide, .rounds = rounds});
    if (!comparison)
        return failed(comparison.error());
    const gpu::DeviceInfo& device = converter.device()->info();
    std::printf("%s\t%.3f\t%.3f\t%.3f\t%.3f\t%d\t%d\t%s\n", wide ? "p010" : "nv12", comparison->cpu.processor,
                comparison->cpu.wall, comparison->gpu.processor, comparison->gpu.wall,
                comparison->copied ? 1 : 0, device.kind == gpu::DeviceKind::software ? 1 : 0,
                device.name.c_str());
    return EXIT_SUCCESS;
}

} // namespace

int main(int argc, char** argv) {
    static const option options[] = {{"device", required_argument, nullptr, 'd'},
                                     {"rounds", required_argument, nullptr, 'r'},
                                     {"copied", no_argument, nullptr, 'c'},
                                     {}};
    std::string name;
    unsigned rounds = 51;
    bool copied = false;
    for (int option; (option = getopt_long(argc, argv, "", options, nullptr)) != -1;) {
        if (option == 'd') {
            name = optarg;
        } else if (option == 'r') {
            rounds = static_cast<unsigned>(std::strtoul(optarg, nullptr, 10));
        } else if (option == 'c') {
            copied = true;
        } else {
            std::fputs(usage, stderr);
            return EXIT_FAILURE;
        }
    }
    auto device = gpu::Device::open({.wanted = name});
    if (!device)
        return failed(device.error());
    if (copied)
        (*device)->changeable_sharing().host = (*device)->changeable_sharing().dma_buf = false;
    auto converter = gpu::Converter::make(std::move(*device), true);
    if (!converter)
        return failed(converter.error());
    if (auto checked = gpu::self_check(**converter); !checked)
        return failed(checked.error());
    for (const bool wide : {false, true})
        if (const int status = measure(**converter, wide, rounds); status != EXIT_SUCCESS)
            return status;
    return EXIT_SUCCESS;
}
