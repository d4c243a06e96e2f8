// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_tile_info.h"

#include <algorithm>
#include <cerrno>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "bitstream/control_check.h"

namespace daedalus::bitstream {
namespace {

constexpr unsigned max_tile_width = 4096;
constexpr unsigned max_tile_area = 4096 * 2304;
constexpr unsigned mode_info_log2 = 2; // mi_*_starts count 4x4 blocks

/// The smallest k with size << k >= target (tile_log2() of 5.9.16).
unsigned tile_log2(unsigned size, unsigned target) {
    unsigned k = 0;
    while ((size << k) < target)
        ++k;
    return k;
}

/// The frame in superblocks, and the limits that follow.
struct Limits {
    unsigned superblock_log2;
    unsigned columns;
    unsigned rows;
    unsigned max_width; // of a tile
    unsigned min_log2_columns;
    unsigned min_log2_tiles;
};

Limits make_limits(const Av1Sequence& sequence, const Av1Frame& frame) {
    const unsigned log2 = sequence.superblocks_128 ? 7 : 6;
    const unsigned size = 1U << log2;
    Limits limits{};
    limits.superblock_log2 = log2;
    limits.columns = (frame.width + size - 1) >> log2;
    limits.rows = (frame.height + size - 1) >> log2;
    limits.max_width = max_tile_width >> log2;
    limits.min_log2_columns = tile_log2(limits.max_width, limits.columns);
    limits.min_log2_tiles = std::max(limits.min_log2_columns,
                                     tile_log2(max_tile_area >> (2 * log2), limits.columns * limits.rows));
    return limits;
}

std::unexpected<util::Error> inexpressible(const char* what, unsigned count) {
    return util::fail(ERANGE, std::string("AV1 controls: the tile layout of ") + std::to_string(count) + " " +
                                  what + " does not fit the frame");
}

/// The exponent with which uniform spacing gives `count` tiles over `superblocks`, if any does.
std::optional<unsigned> uniform_log2(unsigned superblocks, unsigned count, unsigned lowest,
                                     unsigned highest) {
    for (unsigned log2 = lowest; log2 <= highest; ++log2) {
        const unsigned size = (superblocks + (1U << log2) - 1) >> log2;
        if ((superblocks + size - 1) / size == count)
            return log2;
    }
    return std::nullopt;
}

/// increment_tile_*_log2 from `lowest` up to `log2`
void write_increments(BitWriter& writer, unsigned log2, unsigned lowest, unsigned highest) {
    for (unsigned at = lowest; at < log2; ++at)
        writer.flag(true);
    if (log2 < highest)
        writer.flag(false);
}

struct LayoutLog2 {
    unsigned columns;
    unsigned rows;
};

std::expected<LayoutLog2, util::Error> write_uniform(BitWriter& writer, const Limits& limits,
                                                     const v4l2_av1_tile_info& tiles) {
    const unsigned max_columns = tile_log2(1, std::min<unsigned>(limits.columns, V4L2_AV1_MAX_TILE_COLS));
    const unsigned max_rows = tile_log2(1, std::min<unsigned>(limits.rows, V4L2_AV1_MAX_TILE_ROWS));
    const auto columns = uniform_log2(limits.columns, tiles.tile_cols, limits.min_log2_columns, max_columns);
    if (!columns)
        return inexpressible("uniform columns", tiles.tile_cols);
    const unsigned min_rows = limits.min_log2_tiles - std::min(*columns, limits.min_log2_tiles);
    const auto rows = uniform_log2(limits.rows, tiles.tile_rows, min_rows, max_rows);
    if (!rows)
        return inexpressible("uniform rows", tiles.tile_rows);
    write_increments(writer, *columns, limits.min_log2_columns, max_columns);
    write_increments(writer, *rows, min_rows, max_rows);
    return LayoutLog2{*columns, *rows};
}

/// width_in_sbs_minus_1 or height_in_sbs_minus_1 of each tile between `starts`. Returns the largest size,
/// nothing if the starts don't describe tiles of up to `max_size`.
std::optional<unsigned> write_sizes(BitWriter& writer, std::span<const __u32> starts, unsigned superblocks,
                                    unsigned start_log2, unsigned max_size) {
    unsigned largest = 0;
    unsigned at = 0;
    for (std::size_t i = 0; i < starts.size(); ++i) {
        if (starts[i] != at << start_log2)
            return std::nullopt;
        const bool last = i + 1 == starts.size();
        const unsigned end = last ? superblocks : starts[i + 1] >> start_log2;
        if (end <= at || end > superblocks)
            return std::nullopt;
        const unsigned size = end - at;
        const unsigned room = std::min(superblocks - at, max_size);
        if (size > room)
            return std::nullopt;
        writer.ns(size - 1, room);
        largest = std::max(largest, size);
        at = end;
    }
    return largest;
}

std::expected<LayoutLog2, util::Error> write_explicit(BitWriter& writer, const Limits& limits,
                                                      const v4l2_av1_tile_info& tiles) {
    const unsigned start_log2 = limits.superblock_log2 - mode_info_log2;
    const auto widest = write_sizes(writer, std::span(tiles.mi_col_starts).first(tiles.tile_cols),
                                    limits.columns, start_log2, limits.max_width);
    if (!widest)
        return inexpressible("columns", tiles.tile_cols);
    unsigned area = limits.columns * limits.rows;
    if (limits.min_log2_tiles > 0)
        area >>= limits.min_log2_tiles + 1;
    const unsigned max_height = std::max(area / *widest, 1U);
    if (!write_sizes(writer, std::span(tiles.mi_row_starts).first(tiles.tile_rows), limits.rows, start_log2,
                     max_height))
        return inexpressible("rows", tiles.tile_rows);
    return LayoutLog2{tile_log2(1, tiles.tile_cols), tile_log2(1, tiles.tile_rows)};
}

} // namespace

std::expected<void, util::Error> write_av1_tile_info(BitWriter& writer, const Av1Sequence& sequence,
                                                     const Av1Frame& frame, const v4l2_av1_tile_info& tiles,
                                                     unsigned tile_size_bytes) {
    ControlCheck check("AV1");
    check.in_range("tile_cols", tiles.tile_cols, 1, V4L2_AV1_MAX_TILE_COLS);
    check.in_range("tile_rows", tiles.tile_rows, 1, V4L2_AV1_MAX_TILE_ROWS);
    check.in_range("context_update_tile_id", tiles.context_update_tile_id, 0,
                   tiles.tile_cols * tiles.tile_rows - 1);
    if (auto valid = check.result(); !valid)
        return valid;

    const Limits limits = make_limits(sequence, frame);
    const bool uniform = (tiles.flags & V4L2_AV1_TILE_INFO_FLAG_UNIFORM_TILE_SPACING) != 0;
    writer.flag(uniform);
    auto log2 = uniform ? write_uniform(writer, limits, tiles) : write_explicit(writer, limits, tiles);
    if (!log2)
        return std::unexpected(std::move(log2.error()));
    if (log2->columns > 0 || log2->rows > 0) {
        writer.bits(tiles.context_update_tile_id, log2->columns + log2->rows);
        writer.bits(tile_size_bytes - 1, 2);
    }
    return {};
}

} // namespace daedalus::bitstream
