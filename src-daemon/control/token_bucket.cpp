// SPDX-License-Identifier: BSD-2-Clause
#include "control/token_bucket.h"

#include <algorithm>
#include <cmath>

namespace daedalus::control {
namespace {

constexpr double us_per_second = 1e6;

} // namespace

bool TokenBucket::take(std::uint64_t now_us) {
    refill(now_us);
    if (tokens_ < 1)
        return false;
    tokens_ -= 1;
    return true;
}

std::uint64_t TokenBucket::wait_us(std::uint64_t now_us) {
    refill(now_us);
    if (tokens_ >= 1)
        return 0;
    return static_cast<std::uint64_t>(std::ceil((1 - tokens_) * us_per_second / per_second_));
}

bool TokenBucket::full(std::uint64_t now_us) const {
    return tokens_at(now_us) >= burst_;
}

double TokenBucket::tokens_at(std::uint64_t now_us) const {
    const auto passed_us = now_us > filled_us_ ? static_cast<double>(now_us - filled_us_) : 0.0;
    return std::min(burst_, tokens_ + (passed_us * per_second_ / us_per_second));
}

void TokenBucket::refill(std::uint64_t now_us) {
    tokens_ = tokens_at(now_us);
    filled_us_ = std::max(filled_us_, now_us);
}

} // namespace daedalus::control
