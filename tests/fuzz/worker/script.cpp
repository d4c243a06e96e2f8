// SPDX-License-Identifier: BSD-2-Clause
#include "fuzz/worker/script.h"

#include <algorithm>

namespace daedalus::fuzz {

std::vector<Step> steps_of(std::span<const std::uint8_t> input) {
    std::vector<Step> steps;
    input = input.subspan(std::min(input.size(), settings_size));
    while (input.size() >= step_header_size) {
        const auto kind = static_cast<StepKind>(input[0] % static_cast<std::uint8_t>(StepKind::count));
        const std::size_t wanted = input[1] | std::size_t{input[2]} << 8;
        input = input.subspan(step_header_size);
        const auto bytes = input.first(std::min(wanted, input.size()));
        input = input.subspan(bytes.size());
        steps.push_back({kind, bytes});
    }
    return steps;
}

void append_step(std::vector<std::uint8_t>& input, StepKind kind, std::span<const std::uint8_t> bytes) {
    input.push_back(static_cast<std::uint8_t>(kind));
    input.push_back(static_cast<std::uint8_t>(bytes.size()));
    input.push_back(static_cast<std::uint8_t>(bytes.size() >> 8));
    input.insert(input.end(), bytes.begin(), bytes.end());
}

} // namespace daedalus::fuzz
