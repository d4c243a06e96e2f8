// SPDX-License-Identifier: BSD-2-Clause
#include "bit_reader.h"

namespace daedalus::test::h264 {

std::vector<uint8_t> to_rbsp(std::span<const uint8_t> payload) {
    std::vector<uint8_t> rbsp;
    rbsp.reserve(payload.size());
    unsigned zeros = 0;
    for (const uint8_t byte : payload) {
        if (zeros >= 2 && byte == 3) {
            zeros = 0;
            continue;
        }
        zeros = byte == 0 ? zeros + 1 : 0;
        rbsp.push_back(byte);
    }
    return rbsp;
}

namespace {

/** The position of the last bit that is set: rbsp_stop_one_bit. */
size_t stop_bit(std::span<const uint8_t> data) {
    size_t size = data.size();
    while (size > 0 && data[size - 1] == 0)
        size--;
    if (size == 0)
        return 0;
    size_t trailing = 0;
    while (((data[size - 1] >> trailing) & 1) == 0)
        trailing++;
    return size * 8 - 1 - trailing;
}

} // namespace

BitReader::BitReader(std::span<const uint8_t> rbsp) : data_(rbsp), end_(stop_bit(rbsp)) {}

uint32_t BitReader::bits(unsigned count) {
    if (failed_ || position_ + count > data_.size() * 8) {
        failed_ = true;
        return 0;
    }
    uint32_t value = 0;
    for (unsigned i = 0; i < count; i++, position_++)
        value = value << 1 | ((data_[position_ / 8] >> (7 - position_ % 8)) & 1U);
    return value;
}

uint32_t BitReader::unsigned_golomb() {
    unsigned zeros = 0;
    while (ok() && !flag())
        zeros++;
    if (!ok() || zeros > 32) {
        failed_ = true;
        return 0;
    }
    const uint64_t value = (uint64_t{1} << zeros) - 1 + bits(zeros);
    if (value > UINT32_MAX) {
        failed_ = true;
        return 0;
    }
    return static_cast<uint32_t>(value);
}

uint32_t BitReader::unsigned_golomb(uint32_t limit) {
    const uint32_t value = unsigned_golomb();
    if (value > limit) {
        failed_ = true;
        return 0;
    }
    return value;
}

int32_t BitReader::signed_golomb() {
    const int64_t code = unsigned_golomb();
    return static_cast<int32_t>(code % 2 != 0 ? (code + 1) / 2 : -(code / 2));
}

bool BitReader::more_data() const {
    return !failed_ && position_ < end_;
}

} // namespace daedalus::test::h264
