// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/frame_header_parser.h"

#include <algorithm>
#include <span>

namespace daedalus::test::av1 {
namespace {

unsigned tile_log2(unsigned block, unsigned target) {
    unsigned k = 0;
    while ((block << k) < target)
        ++k;
    return k;
}

/** One direction of the layout, as the control has it. */
struct Direction {
    std::span<__u32> starts; // of 4x4 blocks
    std::span<__u32> sizes_minus_1;
    unsigned superblocks;
    unsigned blocks; // of 4x4 samples
    unsigned superblock_shift;
    unsigned count = 0;

    void add(unsigned start, unsigned size) {
        starts[count] = start << superblock_shift;
        sizes_minus_1[count] = size - 1;
        ++count;
    }
};

void uniform(BitReader& reader, Direction& direction, unsigned& log2, unsigned lowest, unsigned highest) {
    log2 = lowest;
    while (log2 < highest && reader.flag())
        ++log2;
    const unsigned size = (direction.superblocks + (1U << log2) - 1) >> log2;
    for (unsigned at = 0; at < direction.superblocks; at += size)
        direction.add(at, std::min(size, direction.superblocks - at));
}

unsigned non_uniform(BitReader& reader, Direction& direction, unsigned most, unsigned max_size) {
    unsigned widest = 0;
    for (unsigned at = 0; at < direction.superblocks && direction.count < most;) {
        const unsigned room = std::min(direction.superblocks - at, max_size);
        const unsigned size = reader.non_symmetric(room) + 1;
        direction.add(at, size);
        widest = std::max(widest, size);
        at += size;
    }
    return widest;
}

} // namespace

void FrameHeaderParser::tile_info() {
    v4l2_av1_tile_info& tiles = frame_.tile_info;
    const bool large = sequence_.has(V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK);
    const unsigned shift = large ? 5 : 4;
    const unsigned mi_columns = 2 * ((frame_.frame_width_minus_1 + 8) >> 3);
    const unsigned mi_rows = 2 * ((frame_.frame_height_minus_1 + 8) >> 3);
    Direction columns{tiles.mi_col_starts, tiles.width_in_sbs_minus_1,
                      (mi_columns + (1U << shift) - 1) >> shift, mi_columns, shift};
    Direction rows{tiles.mi_row_starts, tiles.height_in_sbs_minus_1, (mi_rows + (1U << shift) - 1) >> shift,
                   mi_rows, shift};
    const unsigned max_width = 4096U >> (shift + 2);
    const unsigned max_area = (4096U * 2304U) >> (2 * (shift + 2));
    const unsigned min_log2_columns = tile_log2(max_width, columns.superblocks);
    const unsigned min_log2_tiles =
        std::max(min_log2_columns, tile_log2(max_area, columns.superblocks * rows.superblocks));

    if (reader_.flag()) { // uniform_tile_spacing_flag
        tiles.flags |= V4L2_AV1_TILE_INFO_FLAG_UNIFORM_TILE_SPACING;
        uniform(reader_, columns, header_.tile_columns_log2, min_log2_columns,
                tile_log2(1, std::min<unsigned>(columns.superblocks, V4L2_AV1_MAX_TILE_COLS)));
        const unsigned left =
            min_log2_tiles > header_.tile_columns_log2 ? min_log2_tiles - header_.tile_columns_log2 : 0;
        uniform(reader_, rows, header_.tile_rows_log2, left,
                tile_log2(1, std::min<unsigned>(rows.superblocks, V4L2_AV1_MAX_TILE_ROWS)));
    } else {
        const unsigned widest = non_uniform(reader_, columns, V4L2_AV1_MAX_TILE_COLS, max_width);
        unsigned area = columns.superblocks * rows.superblocks;
        if (min_log2_tiles > 0)
            area >>= min_log2_tiles + 1;
        non_uniform(reader_, rows, V4L2_AV1_MAX_TILE_ROWS, std::max(area / std::max(widest, 1U), 1U));
        header_.tile_columns_log2 = tile_log2(1, columns.count);
        header_.tile_rows_log2 = tile_log2(1, rows.count);
    }
    tiles.mi_col_starts[columns.count] = mi_columns;
    tiles.mi_row_starts[rows.count] = mi_rows;
    tiles.tile_cols = static_cast<uint8_t>(columns.count);
    tiles.tile_rows = static_cast<uint8_t>(rows.count);
    if (header_.tile_columns_log2 + header_.tile_rows_log2 > 0) {
        tiles.context_update_tile_id =
            static_cast<uint8_t>(reader_.bits(header_.tile_columns_log2 + header_.tile_rows_log2));
        tiles.tile_size_bytes = static_cast<uint8_t>(reader_.bits(2) + 1);
    }
}

} // namespace daedalus::test::av1
