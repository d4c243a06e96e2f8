// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/h264_scaling_lists.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace daedalus::bitstream {
namespace {

constexpr std::uint8_t flat = 16;

/// Raster position of each coefficient in zig-zag order (Figure 8-8 a, 6-12): diagonals that start at the top
/// left and change direction each time.
template <std::size_t side>
constexpr std::array<std::uint8_t, side * side> make_zigzag() {
    std::array<std::uint8_t, side * side> order{};
    std::size_t at = 0;
    for (std::size_t sum = 0; sum <= 2 * (side - 1); ++sum) {
        const std::size_t first = sum < side ? 0 : sum - (side - 1);
        const std::size_t last = sum < side ? sum : side - 1;
        for (std::size_t step = first; step <= last; ++step) {
            const std::size_t x = sum % 2 == 0 ? step : first + last - step;
            order[at++] = static_cast<std::uint8_t>((sum - x) * side + x);
        }
    }
    return order;
}

constexpr auto zigzag_4x4 = make_zigzag<4>();
constexpr auto zigzag_8x8 = make_zigzag<8>();
static_assert(zigzag_4x4[1] == 1 && zigzag_4x4[2] == 4 && zigzag_4x4[3] == 8 && zigzag_4x4[6] == 3);

bool is_flat(std::span<const std::uint8_t> list) {
    return std::ranges::all_of(list, [](std::uint8_t entry) { return entry == flat; });
}

bool is_zero(std::span<const std::uint8_t> list) {
    return std::ranges::all_of(list, [](std::uint8_t entry) { return entry == 0; });
}

bool all_zero(const v4l2_ctrl_h264_scaling_matrix& matrix) {
    return std::ranges::all_of(matrix.scaling_list_4x4, [](const auto& list) { return is_zero(list); }) &&
           std::ranges::all_of(matrix.scaling_list_8x8, [](const auto& list) { return is_zero(list); });
}

void write_list(BitWriter& writer, std::span<const std::uint8_t> list, std::span<const std::uint8_t> zigzag) {
    writer.flag(true); // pic_scaling_list_present_flag
    int last = 8;
    for (const std::uint8_t position : zigzag) {
        // Modulo 256, as the decoder adds it up; in -128..127, as the syntax wants.
        writer.se(static_cast<std::int8_t>(list[position] - last)); // delta_scale
        last = list[position];
    }
}

} // namespace

bool scaling_lists_needed(const v4l2_ctrl_h264_scaling_matrix* matrix, ScalingListUse use) {
    if (matrix == nullptr || all_zero(*matrix))
        return false;
    const auto differs = [](const auto& list) { return !is_flat(list); };
    return std::ranges::any_of(matrix->scaling_list_4x4, differs) ||
           std::ranges::any_of(std::span(matrix->scaling_list_8x8).first(use.lists_8x8), differs);
}

std::expected<void, util::Error>
write_scaling_lists(BitWriter& writer, const v4l2_ctrl_h264_scaling_matrix& matrix, ScalingListUse use) {
    const auto lists_8x8 = std::span(matrix.scaling_list_8x8).first(use.lists_8x8);
    const auto has_zero = [](const auto& list) { return std::ranges::find(list, 0) != std::end(list); };
    if (std::ranges::any_of(matrix.scaling_list_4x4, has_zero) || std::ranges::any_of(lists_8x8, has_zero))
        return util::fail(ERANGE, "H.264 scaling matrix: an entry is 0, the smallest is 1");
    for (const auto& list : matrix.scaling_list_4x4)
        write_list(writer, list, zigzag_4x4);
    for (const auto& list : lists_8x8)
        write_list(writer, list, zigzag_8x8);
    return {};
}

} // namespace daedalus::bitstream
