// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <iterator>
#include <limits>
#include <random>
#include <span>

namespace daedalus::client {

/** A seeded source of choices. */
class Random {
  public:
    explicit Random(uint64_t seed) : engine_(seed) {}

    uint64_t bits() { return engine_(); }
    /** 0 ... @p limit - 1. */
    uint32_t below(uint32_t limit) { return static_cast<uint32_t>(engine_() % limit); }
    bool percent(uint32_t chance) { return below(100) < chance; }

    template <typename Range>
    auto pick(const Range& range) {
        return *std::next(std::begin(range), below(static_cast<uint32_t>(std::size(range))));
    }

    /** A number of the kind that breaks things. */
    uint32_t odd_number() {
        constexpr uint32_t most = std::numeric_limits<uint32_t>::max();
        constexpr uint32_t numbers[] = {0, 1, 2, 63, 64, 65, 4096, 0x7fff'ffff, 0x8000'0000, most - 1, most};
        return percent(50) ? pick(numbers) : static_cast<uint32_t>(bits());
    }

    /** @p sensible mostly, else whatever. */
    uint32_t mostly(uint32_t sensible) { return percent(95) ? sensible : odd_number(); }

    /** Changes up to four of the bytes, or none. */
    void spoil(std::span<uint8_t> bytes, uint32_t chance) {
        if (bytes.empty() || !percent(chance))
            return;
        for (uint32_t count = 1 + below(4); count > 0; count--)
            bytes[below(static_cast<uint32_t>(bytes.size()))] =
                static_cast<uint8_t>(percent(30) ? 0xff : bits());
    }

  private:
    std::mt19937_64 engine_;
};

/** The bytes of a structure. */
template <typename Structure>
std::span<uint8_t> bytes_of(Structure& structure) {
    return {reinterpret_cast<uint8_t*>(&structure), sizeof(structure)};
}

} // namespace daedalus::client
