// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <random>
#include <span>

namespace daedalus::test {

/// Random numbers for property tests: the same in every run, and named by their seed when one fails.
class RandomSource {
  public:
    explicit RandomSource(std::uint32_t seed) : engine_(seed) {}

    /// lowest..highest, both included. The ends come often, since that is where things break.
    template <typename T = int>
    T between(std::int64_t lowest, std::int64_t highest) {
        const std::uint32_t kind = engine_() % 8;
        if (kind == 0)
            return static_cast<T>(lowest);
        if (kind == 1)
            return static_cast<T>(highest);
        return static_cast<T>(std::uniform_int_distribution<std::int64_t>(lowest, highest)(engine_));
    }

    bool flag() { return (engine_() & 1) != 0; }

    /// `value` or 0
    std::uint32_t maybe(std::uint32_t value) { return flag() ? value : 0; }

    void fill(std::span<std::uint8_t> bytes) {
        for (std::uint8_t& byte : bytes)
            byte = static_cast<std::uint8_t>(engine_());
    }

    /// A control with every byte random: what a hostile client sends.
    template <typename Control>
    Control garbage() {
        Control control;
        fill({reinterpret_cast<std::uint8_t*>(&control), sizeof(control)});
        return control;
    }

  private:
    std::mt19937 engine_;
};

} // namespace daedalus::test
