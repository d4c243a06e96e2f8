// SPDX-License-Identifier: BSD-2-Clause
#include "md5.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>

namespace daedalus::test {

namespace {

constexpr std::array<std::array<int, 4>, 4> rotations = {
    {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}}};

/** Step i's constant is the integer part of 2^32 |sin(i + 1)|. */
std::array<uint32_t, 64> make_sines() {
    std::array<uint32_t, 64> sines{};
    for (size_t i = 0; i < sines.size(); i++)
        sines[i] =
            static_cast<uint32_t>(std::floor(std::fabs(std::sin(static_cast<double>(i + 1))) * 4294967296.0));
    return sines;
}

uint32_t load_little_endian(const uint8_t* bytes) {
    return bytes[0] | uint32_t{bytes[1]} << 8 | uint32_t{bytes[2]} << 16 | uint32_t{bytes[3]} << 24;
}

} // namespace

void Md5::transform(const uint8_t* block) {
    static const std::array<uint32_t, 64> sines = make_sines();
    std::array<uint32_t, 16> words{};
    for (size_t i = 0; i < words.size(); i++)
        words[i] = load_little_endian(block + 4 * i);
    auto [a, b, c, d] = state_;
    for (uint32_t step = 0; step < 64; step++) {
        uint32_t mixed = 0;
        uint32_t word = 0;
        switch (step / 16) {
        case 0:
            mixed = (b & c) | (~b & d);
            word = step;
            break;
        case 1:
            mixed = (d & b) | (~d & c);
            word = (5 * step + 1) % 16;
            break;
        case 2:
            mixed = b ^ c ^ d;
            word = (3 * step + 5) % 16;
            break;
        default:
            mixed = c ^ (b | ~d);
            word = 7 * step % 16;
            break;
        }
        const uint32_t sum = a + mixed + words[word] + sines[step];
        a = d;
        d = c;
        c = b;
        b += std::rotl(sum, rotations[step / 16][step % 4]);
    }
    state_[0] += a;
    state_[1] += b;
    state_[2] += c;
    state_[3] += d;
}

void Md5::update(std::span<const uint8_t> bytes) {
    size_t filled = length_ % pending_.size();
    length_ += bytes.size();
    if (filled > 0) {
        const size_t taken = std::min(bytes.size(), pending_.size() - filled);
        std::memcpy(pending_.data() + filled, bytes.data(), taken);
        bytes = bytes.subspan(taken);
        filled += taken;
        if (filled < pending_.size())
            return;
        transform(pending_.data());
    }
    for (; bytes.size() >= pending_.size(); bytes = bytes.subspan(pending_.size()))
        transform(bytes.data());
    std::ranges::copy(bytes, pending_.begin());
}

std::string Md5::finish() {
    const uint64_t bits = length_ * 8;
    static constexpr std::array<uint8_t, 64> padding = {0x80};
    const size_t filled = length_ % 64;
    update(std::span(padding).first(filled < 56 ? 56 - filled : 120 - filled));
    std::array<uint8_t, 8> length{};
    for (size_t i = 0; i < length.size(); i++)
        length[i] = static_cast<uint8_t>(bits >> 8 * i);
    update(length);
    std::string text;
    for (const uint32_t word : state_)
        for (unsigned byte = 0; byte < 4; byte++)
            for (const unsigned shift : {4U, 0U})
                text += "0123456789abcdef"[word >> (8 * byte + shift) & 15];
    return text;
}

std::string md5(std::span<const uint8_t> bytes) {
    Md5 digest;
    digest.update(bytes);
    return digest.finish();
}

} // namespace daedalus::test
