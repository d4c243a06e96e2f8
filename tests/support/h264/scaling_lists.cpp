// SPDX-License-Identifier: BSD-2-Clause
#include "scaling_lists.h"

#include <algorithm>
#include <span>

namespace daedalus::test::h264 {

namespace {

// H.264 table 7-3 and 7-4, in zig-zag order.
constexpr std::array<uint8_t, 16> default_4x4_intra = {6,  13, 13, 20, 20, 20, 28, 28,
                                                       28, 28, 32, 32, 32, 37, 37, 42};
constexpr std::array<uint8_t, 16> default_4x4_inter = {10, 14, 14, 20, 20, 20, 24, 24,
                                                       24, 24, 27, 27, 27, 30, 30, 34};
constexpr std::array<uint8_t, 64> default_8x8_intra = {
    6,  10, 10, 13, 11, 13, 16, 16, 16, 16, 18, 18, 18, 18, 18, 23, 23, 23, 23, 23, 23, 25,
    25, 25, 25, 25, 25, 25, 27, 27, 27, 27, 27, 27, 27, 27, 29, 29, 29, 29, 29, 29, 29, 31,
    31, 31, 31, 31, 31, 33, 33, 33, 33, 33, 36, 36, 36, 36, 38, 38, 38, 40, 40, 42};
constexpr std::array<uint8_t, 64> default_8x8_inter = {
    9,  13, 13, 15, 13, 15, 17, 17, 17, 17, 19, 19, 19, 19, 19, 21, 21, 21, 21, 21, 21, 22,
    22, 22, 22, 22, 22, 22, 24, 24, 24, 24, 24, 24, 24, 24, 25, 25, 25, 25, 25, 25, 25, 27,
    27, 27, 27, 27, 27, 28, 28, 28, 28, 28, 30, 30, 30, 30, 32, 32, 32, 33, 33, 35};

enum class Coded {
    values,
    use_default
};

/** scaling_list() of 7.3.2.1.1.1. */
Coded read_list(BitReader& reader, std::span<uint8_t> list) {
    int last = 8;
    int next = 8;
    for (size_t i = 0; i < list.size(); i++) {
        if (next != 0) {
            next = (last + reader.signed_golomb() + 256) % 256;
            if (i == 0 && next == 0)
                return Coded::use_default;
        }
        if (next != 0)
            last = next;
        list[i] = static_cast<uint8_t>(last);
    }
    return Coded::values;
}

/** The raster position of each step of the zig-zag scan of an n x n block. */
template <size_t side>
constexpr std::array<uint8_t, side * side> zigzag_scan() {
    std::array<uint8_t, side * side> scan{};
    size_t step = 0;
    for (size_t diagonal = 0; diagonal < 2 * side - 1; diagonal++)
        for (size_t i = 0; i <= diagonal; i++) {
            // Odd diagonals run down and to the left, even ones up and to the right.
            const size_t row = diagonal % 2 != 0 ? i : diagonal - i;
            const size_t column = diagonal - row;
            if (row < side && column < side)
                scan[step++] = static_cast<uint8_t>(row * side + column);
        }
    return scan;
}

} // namespace

ScalingLists flat_scaling_lists() {
    ScalingLists flat{};
    for (auto& list : flat.lists4x4)
        list.fill(16);
    for (auto& list : flat.lists8x8)
        list.fill(16);
    return flat;
}

ScalingLists read_scaling_lists(BitReader& reader, unsigned count8x8, const ScalingLists* fallback) {
    ScalingLists lists{};
    for (unsigned i = 0; i < 6; i++) {
        auto& list = lists.lists4x4[i];
        const auto& default_list = i < 3 ? default_4x4_intra : default_4x4_inter;
        if (reader.flag()) {
            if (read_list(reader, list) == Coded::use_default)
                list = default_list;
        } else if (i % 3 != 0) {
            list = lists.lists4x4[i - 1];
        } else {
            list = fallback != nullptr ? fallback->lists4x4[i] : default_list;
        }
    }
    for (unsigned i = 0; i < 6; i++) {
        auto& list = lists.lists8x8[i];
        const auto& default_list = i % 2 == 0 ? default_8x8_intra : default_8x8_inter;
        if (i < count8x8 && reader.flag()) {
            if (read_list(reader, list) == Coded::use_default)
                list = default_list;
        } else if (i >= 2) {
            list = lists.lists8x8[i - 2];
        } else {
            list = fallback != nullptr ? fallback->lists8x8[i] : default_list;
        }
    }
    return lists;
}

v4l2_ctrl_h264_scaling_matrix to_scaling_matrix(const ScalingLists& lists, unsigned count8x8) {
    static constexpr auto scan4x4 = zigzag_scan<4>();
    static constexpr auto scan8x8 = zigzag_scan<8>();
    v4l2_ctrl_h264_scaling_matrix matrix{};
    for (size_t list = 0; list < 6; list++)
        for (size_t i = 0; i < 16; i++)
            matrix.scaling_list_4x4[list][scan4x4[i]] = lists.lists4x4[list][i];
    for (size_t list = 0; list < std::min(count8x8, 6U); list++)
        for (size_t i = 0; i < 64; i++)
            matrix.scaling_list_8x8[list][scan8x8[i]] = lists.lists8x8[list][i];
    return matrix;
}

} // namespace daedalus::test::h264
