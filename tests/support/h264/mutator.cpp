// SPDX-License-Identifier: BSD-2-Clause
#include "mutator.h"

#include <algorithm>

namespace daedalus::test::h264 {

namespace {

constexpr size_t most_bits = 16;

template <typename Control>
std::span<uint8_t> bytes_of(Control& control) {
    return {reinterpret_cast<uint8_t*>(&control), sizeof(control)};
}

} // namespace

Mutator::Mutator(unsigned seed) : random_(seed), percent_(5 + random_() % 95) {}

void Mutator::mutate(Picture& picture) {
    if (changed_ && below(100) >= percent_)
        return;
    changed_ = true;
    if (below(4) == 0)
        spoil_controls(picture);
    else
        spoil_bitstream(picture.bitstream);
}

void Mutator::flip_bits(std::span<uint8_t> bytes, size_t count) {
    for (size_t i = 0; i < count && !bytes.empty(); i++)
        bytes[below(bytes.size())] ^= static_cast<uint8_t>(1U << below(8));
}

void Mutator::spoil_bitstream(std::vector<uint8_t>& bytes) {
    if (bytes.empty())
        return;
    const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(below(bytes.size()));
    const auto length = static_cast<std::ptrdiff_t>(1 + below(bytes.size() / 2 + 1));
    const auto end = begin + std::min(length, bytes.end() - begin);
    switch (below(6)) {
    case 0:
        std::generate(begin, end, [&] { return static_cast<uint8_t>(random_()); });
        break;
    case 1:
        std::fill(begin, end, below(2) == 0 ? uint8_t{0} : uint8_t{0xff});
        break;
    case 2:
        bytes.erase(begin, end);
        break;
    case 3: {
        const std::vector<uint8_t> again(begin, end);
        bytes.insert(end, again.begin(), again.end());
        break;
    }
    case 4:
        bytes.resize(below(bytes.size() + 1));
        break;
    default:
        flip_bits(bytes, 1 + below(most_bits));
    }
}

void Mutator::spoil_controls(Picture& picture) {
    const size_t bits = 1 + below(most_bits);
    switch (below(3)) {
    case 0:
        flip_bits(bytes_of(picture.sps), bits);
        break;
    case 1:
        flip_bits(bytes_of(picture.pps), bits);
        break;
    default:
        flip_bits(bytes_of(picture.decode_params), bits);
    }
}

} // namespace daedalus::test::h264
