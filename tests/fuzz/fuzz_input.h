// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "daedalus/protocol.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <type_traits>

namespace daedalus::fuzz {

/// Takes structures out of a fuzzer's bytes, from the front. What is missing at the end is zero.
class FuzzInput {
  public:
    FuzzInput(const std::uint8_t* data, std::size_t size) : left_(data, size) {}

    template <typename T>
    T take() {
        static_assert(std::is_trivially_copyable_v<T>);
        T value{};
        const std::size_t size = std::min(sizeof(value), left_.size());
        if (size > 0)
            std::memcpy(&value, left_.data(), size);
        left_ = left_.subspan(size);
        return value;
    }

    std::span<const std::uint8_t> bytes(std::size_t count) {
        const auto taken = left_.first(std::min(count, left_.size()));
        left_ = left_.subspan(taken.size());
        return taken;
    }

    std::span<const std::uint8_t> rest() { return bytes(left_.size()); }

    [[nodiscard]] bool empty() const { return left_.empty(); }

  private:
    std::span<const std::uint8_t> left_;
};

/// Input: a byte.
inline daedalus_codec take_codec(FuzzInput& input) {
    return static_cast<daedalus_codec>(input.take<std::uint8_t>() % DAEDALUS_CODEC_COUNT);
}

/// Ends the process if a promise is broken, so that the fuzzer keeps the input.
inline void require(bool kept) {
    if (!kept)
        std::abort();
}

} // namespace daedalus::fuzz
