// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/av1_stream_writer.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <string>
#include <utility>

#include "bitstream/av1_frame_header.h"
#include "bitstream/bit_writer.h"

namespace daedalus::bitstream {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t max_size_bytes = 4; // of the size before a tile
constexpr std::size_t max_headers = 64;   // OBU headers and the sequence header

enum ObuType : std::uint8_t {
    obu_sequence_header = 1,
    obu_temporal_delimiter = 2,
    obu_frame_header = 3,
    obu_frame = 6,
};

/// obu_header() with a size field, no extension (5.3)
void append_obu_header(std::vector<std::uint8_t>& out, ObuType type, std::size_t size) {
    BitWriter writer;
    writer.bits(0, 1); // obu_forbidden_bit
    writer.bits(type, 4);
    writer.bits(0, 1); // obu_extension_flag
    writer.bits(1, 1); // obu_has_size_field
    writer.bits(0, 1); // obu_reserved_1bit
    writer.leb128(size);
    out.insert(out.end(), writer.bytes().begin(), writer.bytes().end());
}

void append_obu(std::vector<std::uint8_t>& out, ObuType type, Bytes payload) {
    append_obu_header(out, type, payload.size());
    out.insert(out.end(), payload.begin(), payload.end());
}

std::vector<std::uint8_t> write_show_existing_frame(unsigned slot) {
    BitWriter writer;
    writer.flag(true); // show_existing_frame
    writer.bits(slot, 3);
    writer.trailing_bits();
    std::vector<std::uint8_t> out;
    append_obu(out, obu_temporal_delimiter, {});
    append_obu(out, obu_frame_header, writer.bytes());
    return out;
}

std::unexpected<util::Error> bad_tile(const v4l2_ctrl_av1_tile_group_entry& entry, const char* what) {
    return util::fail(EBADMSG, "AV1 tile in row " + std::to_string(entry.tile_row) + ", column " +
                                   std::to_string(entry.tile_col) + " " + what);
}

/// The data of each tile, in the order of the bitstream. The sum of their sizes is that of the bitstream at
/// most, so entries that overlap can't make the result any bigger.
std::expected<std::vector<Bytes>, util::Error> find_tiles(const Av1Request& request) {
    const v4l2_av1_tile_info& layout = request.frame.tile_info;
    const std::size_t count = std::size_t{layout.tile_cols} * layout.tile_rows;
    if (count == 0 || count != request.tiles.size())
        return util::fail(EBADMSG, "AV1 controls: " + std::to_string(request.tiles.size()) +
                                       " tile group entries for " + std::to_string(count) + " tiles");
    std::vector<Bytes> tiles(count);
    std::size_t left = request.bitstream.size();
    for (const auto& entry : request.tiles) {
        if (entry.tile_row >= layout.tile_rows || entry.tile_col >= layout.tile_cols)
            return bad_tile(entry, "is not in the layout");
        if (entry.tile_size == 0 || entry.tile_offset > request.bitstream.size() ||
            entry.tile_size > request.bitstream.size() - entry.tile_offset || entry.tile_size > left)
            return bad_tile(entry, "is empty or not in the bitstream");
        Bytes& tile = tiles[std::size_t{entry.tile_row} * layout.tile_cols + entry.tile_col];
        if (!tile.empty())
            return bad_tile(entry, "is there twice");
        tile = request.bitstream.subspan(entry.tile_offset, entry.tile_size);
        left -= entry.tile_size;
    }
    return tiles;
}

/// The bytes that the sizes before all tiles but the last need
unsigned size_bytes_of(std::span<const Bytes> tiles) {
    std::size_t largest = 1;
    for (const Bytes tile : tiles.first(tiles.size() - 1))
        largest = std::max(largest, tile.size());
    return std::max(1U, (static_cast<unsigned>(std::bit_width(largest - 1)) + 7) / 8);
}

/// tile_group_obu() with all tiles of the frame (5.11.1), after a frame header that ends on a byte boundary
void append_tiles(std::vector<std::uint8_t>& out, std::span<const Bytes> tiles, unsigned size_bytes) {
    if (tiles.size() > 1)
        out.push_back(0); // tile_start_and_end_present_flag and alignment
    for (std::size_t i = 0; i < tiles.size(); ++i) {
        if (i + 1 < tiles.size()) {
            std::size_t size = tiles[i].size() - 1; // tile_size_minus_1, least significant byte first
            for (unsigned byte = 0; byte < size_bytes; ++byte, size >>= 8)
                out.push_back(static_cast<std::uint8_t>(size));
        }
        out.insert(out.end(), tiles[i].begin(), tiles[i].end());
    }
}

} // namespace

std::expected<Av1TemporalUnit, util::Error> Av1StreamWriter::write(const Av1Request& request) {
    auto sequence = make_av1_sequence(request.sequence);
    if (!sequence)
        return std::unexpected(std::move(sequence.error()));
    auto frame = make_av1_frame(*sequence, request.frame);
    if (!frame)
        return std::unexpected(std::move(frame.error()));
    if (auto valid = check_av1_references(*frame, request.frame); !valid)
        return std::unexpected(std::move(valid.error()));
    auto tiles = find_tiles(request);
    if (!tiles)
        return std::unexpected(std::move(tiles.error()));

    const bool new_sequence = sequence_ != *sequence;
    Av1References references = new_sequence ? Av1References() : references_;
    Av1TemporalUnit unit{};
    if (const auto slot = references.slot_to_show(*frame, request.frame)) {
        unit.reload = write_show_existing_frame(*slot);
        references.show(*slot);
    }
    unit.stale_slots = references.stale(*frame, request.frame);

    BitWriter header;
    const unsigned size_bytes = size_bytes_of(*tiles);
    auto motion = write_av1_frame_header(header, {.sequence = *sequence,
                                                  .frame = *frame,
                                                  .control = request.frame,
                                                  .film_grain = request.film_grain,
                                                  .references = references,
                                                  .tile_size_bytes = size_bytes});
    if (!motion)
        return std::unexpected(std::move(motion.error()));
    header.align();
    std::vector<std::uint8_t> payload = header.take();
    payload.reserve(payload.size() + request.bitstream.size() + tiles->size() * max_size_bytes + 1);
    append_tiles(payload, *tiles, size_bytes);

    unit.frame.reserve(payload.size() + max_headers);
    append_obu(unit.frame, obu_temporal_delimiter, {});
    if (new_sequence)
        append_obu(unit.frame, obu_sequence_header, write_av1_sequence_header(*sequence));
    append_obu(unit.frame, obu_frame, payload);

    references.update(*frame, request.timestamp, *motion);
    references_ = references;
    sequence_ = *sequence;
    return unit;
}

void Av1StreamWriter::reset() {
    sequence_.reset();
    references_ = Av1References();
}

} // namespace daedalus::bitstream
