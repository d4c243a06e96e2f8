// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/stream.h"

#include <algorithm>

namespace daedalus::test::av1 {
namespace {

constexpr unsigned obu_sequence_header = 1;
constexpr unsigned obu_frame_header = 3;
constexpr unsigned obu_tile_group = 4;
constexpr unsigned obu_frame = 6;

} // namespace

std::expected<StreamParser::Obu, std::string> StreamParser::next_obu(std::span<const uint8_t>& data) {
    BitReader reader(data);
    reader.flag();
    Obu obu{};
    obu.type = static_cast<unsigned>(reader.bits(4));
    obu.has_layer = reader.flag();
    const bool has_size = reader.flag();
    reader.flag();
    if (obu.has_layer) {
        obu.layer.temporal = static_cast<unsigned>(reader.bits(3));
        obu.layer.spatial = static_cast<unsigned>(reader.bits(2));
        reader.bits(3);
    }
    const uint64_t size = has_size ? reader.leb128() : data.size() - reader.position() / 8;
    const size_t begin = reader.position() / 8;
    if (!reader.ok() || size > data.size() - begin)
        return std::unexpected("an OBU ends early");
    obu.payload = data.subspan(begin, size);
    data = data.subspan(begin + size);
    return obu;
}

/** drop_obu(): not in the operating point, which is the first. */
bool StreamParser::is_dropped(const Obu& obu) const {
    if (obu.type == obu_sequence_header || !sequence_ || !obu.has_layer)
        return false;
    const unsigned idc = sequence_->operating_point[0].idc;
    return idc != 0 && ((idc >> obu.layer.temporal & 1) == 0 || (idc >> (obu.layer.spatial + 8) & 1) == 0);
}

std::expected<std::vector<Event>, std::string> StreamParser::parse(std::span<const uint8_t> temporal_unit) {
    std::vector<Event> events;
    while (!temporal_unit.empty()) {
        auto obu = next_obu(temporal_unit);
        if (!obu)
            return std::unexpected(obu.error());
        if (is_dropped(*obu))
            continue;
        if (auto taken = take(*obu, events); !taken)
            return std::unexpected(taken.error());
    }
    return events;
}

std::expected<void, std::string> StreamParser::take(const Obu& obu, std::vector<Event>& events) {
    BitReader reader(obu.payload);
    switch (obu.type) {
    case obu_sequence_header: {
        auto sequence = parse_sequence_header(obu.payload);
        if (!sequence)
            return std::unexpected(sequence.error());
        // Another one begins another coded video sequence (7.5): nothing before it can be referred to.
        if (!std::ranges::equal(obu.payload, sequence_payload_))
            slots_ = Slots{};
        sequence_payload_.assign(obu.payload.begin(), obu.payload.end());
        sequence_ = *sequence;
        return {};
    }
    case obu_frame_header:
        return take_frame_header(obu, reader, events);
    case obu_frame:
        if (auto header = take_frame_header(obu, reader, events); !header)
            return header;
        reader.align();
        return take_tiles(obu, reader, events);
    case obu_tile_group:
        return take_tiles(obu, reader, events);
    default:
        return {};
    }
}

void StreamParser::show(unsigned slot, std::vector<Event>& events) {
    events.push_back({});
    const SavedFrame shown = slots_.at(slot);
    if (shown.header.control.frame_type != V4L2_AV1_KEY_FRAME)
        return;
    // The reference frame loading process (7.21). The slots keep the name of the frame that was decoded.
    slots_.fill(shown);
    timestamps_.fill(timestamps_.at(slot));
}

std::expected<void, std::string> StreamParser::take_frame_header(const Obu& obu, BitReader& reader,
                                                                 std::vector<Event>& events) {
    if (!sequence_)
        return std::unexpected("a frame comes before any sequence header");
    if (current_)
        return {}; // a copy of the header whose tiles are being collected
    auto header = parse_frame_header(reader, *sequence_, slots_, obu.layer);
    if (!header)
        return std::unexpected(header.error());
    if (header->show_existing_frame) {
        show(header->frame_to_show, events);
        return {};
    }
    current_ = *header;
    request_ = Request{};
    request_.sequence = sequence_->control;
    request_.frame = header->control;
    request_.film_grain = header->film_grain;
    request_.timestamp = frames_++ * 1000;
    std::ranges::copy(timestamps_, request_.frame.reference_frame_ts);
    return {};
}

std::expected<void, std::string> StreamParser::take_tiles(const Obu& obu, BitReader& reader,
                                                          std::vector<Event>& events) {
    if (!current_)
        return std::unexpected("a tile group comes before its frame header");
    const unsigned tiles = current_->tiles();
    const unsigned bits = current_->tile_columns_log2 + current_->tile_rows_log2;
    unsigned first = 0;
    unsigned last = tiles - 1;
    if (tiles > 1 && reader.flag()) { // tile_start_and_end_present_flag
        first = static_cast<unsigned>(reader.bits(bits));
        last = static_cast<unsigned>(reader.bits(bits));
    }
    reader.align();
    if (!reader.ok() || last >= tiles || first > last)
        return std::unexpected("a tile group has tiles that the frame does not have");

    size_t at = reader.position() / 8;
    const unsigned size_bytes = current_->control.tile_info.tile_size_bytes;
    for (unsigned tile = first; tile <= last; ++tile) {
        size_t size = obu.payload.size() - at;
        if (tile != last) {
            BitReader size_reader(obu.payload.subspan(at));
            size = static_cast<size_t>(size_reader.little_endian(size_bytes)) + 1;
            at += size_bytes;
        }
        if (at > obu.payload.size() || size > obu.payload.size() - at)
            return std::unexpected("a tile is longer than its tile group");
        request_.tiles.push_back({.tile_offset = static_cast<uint32_t>(request_.bitstream.size() + at),
                                  .tile_size = static_cast<uint32_t>(size),
                                  .tile_row = tile / current_->control.tile_info.tile_cols,
                                  .tile_col = tile % current_->control.tile_info.tile_cols});
        at += size;
    }
    request_.bitstream.insert(request_.bitstream.end(), obu.payload.begin(), obu.payload.end());
    if (last == tiles - 1)
        finish_frame(events);
    return {};
}

void StreamParser::finish_frame(std::vector<Event>& events) {
    if (!current_)
        return;
    for (size_t slot = 0; slot < slots_.size(); ++slot) {
        if ((current_->control.refresh_frame_flags >> slot & 1) == 0)
            continue;
        slots_[slot] = {.valid = true, .header = *current_};
        timestamps_[slot] = request_.timestamp;
    }
    events.push_back({std::move(request_)});
    request_ = Request{};
    current_.reset();
}

} // namespace daedalus::test::av1
