// SPDX-License-Identifier: BSD-2-Clause
// libFuzzer's own mutations would mostly break the lengths of the steps; these keep a script a script.
#include "fuzz/worker/script.h"

#include <algorithm>
#include <random>

// NOLINTBEGIN(readability-identifier-naming): libFuzzer's names
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned int seed);
extern "C" std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* data1, std::size_t size1,
                                                 const std::uint8_t* data2, std::size_t size2,
                                                 std::uint8_t* out, std::size_t max_out_size,
                                                 unsigned int seed);
// NOLINTEND(readability-identifier-naming)

namespace {

using namespace daedalus::fuzz;

using Random = std::minstd_rand;
using Bytes = std::vector<std::uint8_t>;

std::size_t below(Random& random, std::size_t limit) {
    return random() % limit;
}

struct OwnedStep {
    StepKind kind;
    Bytes bytes;
};

std::vector<OwnedStep> copy_steps(std::span<const std::uint8_t> input) {
    std::vector<OwnedStep> steps;
    for (const Step& step : steps_of(input))
        steps.push_back({step.kind, {step.bytes.begin(), step.bytes.end()}});
    return steps;
}

Bytes settings_of(std::span<const std::uint8_t> input) {
    Bytes settings(input.begin(),
                   input.begin() + static_cast<std::ptrdiff_t>(std::min(input.size(), settings_size)));
    settings.resize(settings_size);
    return settings;
}

/// Writes as many steps as there is room for.
std::size_t write(Bytes input, const std::vector<OwnedStep>& steps, std::span<std::uint8_t> to) {
    for (const OwnedStep& step : steps)
        if (input.size() + step_header_size + step.bytes.size() <= to.size())
            append_step(input, step.kind, step.bytes);
    input.resize(std::min(input.size(), to.size()));
    std::ranges::copy(input, to.begin());
    return input.size();
}

void mutate_bytes(Bytes& bytes) {
    constexpr std::size_t growth = 32, most = 65535;
    const std::size_t size = bytes.size();
    bytes.resize(std::min(size + growth, most));
    bytes.resize(LLVMFuzzerMutate(bytes.data(), size, bytes.size()));
}

OwnedStep random_step(Random& random) {
    OwnedStep step{static_cast<StepKind>(below(random, static_cast<std::size_t>(StepKind::count))), {}};
    step.bytes.resize(below(random, 10));
    for (std::uint8_t& byte : step.bytes)
        byte = static_cast<std::uint8_t>(random());
    return step;
}

void mutate_steps(std::vector<OwnedStep>& steps, Random& random) {
    if (steps.empty()) {
        steps.push_back(random_step(random));
        return;
    }
    const std::size_t at = below(random, steps.size()), other = below(random, steps.size());
    const auto place = steps.begin() + static_cast<std::ptrdiff_t>(at);
    switch (below(random, 10)) {
    case 0:
        steps.erase(place);
        break;
    case 1:
        steps.insert(place, OwnedStep(steps[other]));
        break;
    case 2:
        std::swap(steps[at], steps[other]);
        break;
    case 3:
    case 4:
        steps.insert(place, random_step(random));
        break;
    default:
        mutate_bytes(steps[at].bytes);
    }
}

} // namespace

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                    unsigned int seed) {
    Random random(seed);
    const std::span<const std::uint8_t> input(data, size);
    Bytes settings = settings_of(input);
    std::vector<OwnedStep> steps = copy_steps(input);
    if (below(random, 16) == 0)
        settings[below(random, settings.size())] = static_cast<std::uint8_t>(random());
    else
        mutate_steps(steps, random);
    return write(std::move(settings), steps, {data, max_size});
}

/// The beginning of one session and the end of another, as if its codec had changed or its worker died.
std::size_t LLVMFuzzerCustomCrossOver(const std::uint8_t* data1, std::size_t size1, const std::uint8_t* data2,
                                      std::size_t size2, std::uint8_t* out, std::size_t max_out_size,
                                      unsigned int seed) {
    Random random(seed);
    std::vector<OwnedStep> steps = copy_steps({data1, size1}), others = copy_steps({data2, size2});
    steps.resize(std::min(steps.size(), below(random, steps.size() + 1)));
    const std::size_t first = below(random, others.size() + 1);
    std::move(others.begin() + static_cast<std::ptrdiff_t>(first), others.end(), std::back_inserter(steps));
    return write(settings_of({data1, size1}), steps, {out, max_out_size});
}
