// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/stream_units.h"

#include "bitstream/bits_at.h"
#include "bitstream/start_code.h"
#include "bitstream/vp9_frame_header.h"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace daedalus::bitstream {
namespace {

using Bytes = std::span<const std::byte>;

enum class Unit {
    other,
    parameter_set,
    picture
};

/// The units of a codec that has start codes. `kind_of` tells what one is by the byte behind its start code,
/// `is_key` whether decoding can begin at a picture, by that byte and those behind it.
template <typename KindOf, typename IsKey>
Piece examine_units(Bytes piece, const KindOf& kind_of, const IsKey& is_key) {
    Piece result;
    for (std::size_t at = after_start_code(piece, 0); at < piece.size();) {
        const Unit kind = kind_of(byte_at(piece, at));
        if (kind == Unit::picture) {
            result.picture = true;
            result.key = is_key(piece.subspan(at));
            break;
        }
        const std::size_t next = after_start_code(piece, at);
        // The last unit goes to the end, or to a start code that nothing follows, which does no harm.
        const std::size_t end = next < piece.size() ? next - start_code_length : next;
        if (kind == Unit::parameter_set)
            result.parameter_sets.push_back(
                piece.subspan(at - start_code_length, end - at + start_code_length));
        at = next;
    }
    return result;
}

/// nal_unit_type (H.264, 7.4.1)
Unit h264_unit(unsigned code) {
    constexpr unsigned first_slice = 1, idr_slice = 5, sps = 7, pps = 8, sps_extension = 13, subset_sps = 15;
    const unsigned type = code & 0x1f;
    if (type >= first_slice && type <= idr_slice)
        return Unit::picture; // slices and their partitions
    return type == sps || type == pps || type == sps_extension || type == subset_sps ? Unit::parameter_set
                                                                                     : Unit::other;
}

bool h264_key(Bytes unit) {
    constexpr unsigned idr_slice = 5;
    return (byte_at(unit, 0) & 0x1f) == idr_slice;
}

/// start_code_value (H.262, 6.2.1)
Unit mpeg2_unit(unsigned code) {
    constexpr unsigned last_slice = 0xaf, sequence = 0xb3, extension = 0xb5;
    if (code <= last_slice)
        return Unit::picture; // a picture's header, or a slice
    return code == sequence || code == extension ? Unit::parameter_set : Unit::other;
}

bool mpeg2_key(Bytes unit) {
    constexpr unsigned picture_header = 0, coding_type_i = 1;
    // Behind the code: temporal_reference, picture_coding_type (H.262, 6.2.3).
    return byte_at(unit, 0) == picture_header && bits_at(unit, 8 + 10, 3) == coding_type_i;
}

/// start_code_value (ISO/IEC 14496-2, 6.2.1)
Unit mpeg4_unit(unsigned code) {
    constexpr unsigned last_layer = 0x2f, sequence = 0xb0, visual_object = 0xb5, plane = 0xb6;
    if (code == plane)
        return Unit::picture;
    return code <= last_layer || code == sequence || code == visual_object ? Unit::parameter_set
                                                                           : Unit::other;
}

bool mpeg4_key(Bytes unit) {
    return bits_at(unit, 8, 2) == 0; // vop_coding_type: I
}

/// A picture of H.263, or of MPEG-4 that is H.263 (14496-2, 6.2.5.2): picture_start_code, of 22 bits.
bool is_h263_picture(Bytes piece) {
    constexpr unsigned picture_start_code = 0x20;
    return piece.size() >= 3 && bits_at(piece, 0, 22) == picture_start_code;
}

/// H.263, 5.1.3 and 5.1.4
bool h263_key(Bytes picture) {
    constexpr std::size_t source_format = 22 + 8 + 5, behind_format = source_format + 3;
    constexpr unsigned extended = 7;
    if (bits_at(picture, source_format, 3) != extended)
        return bits_at(picture, behind_format, 1) == 0; // INTRA
    constexpr std::size_t optional_part = 18;
    const bool has_optional = bits_at(picture, behind_format, 3) == 1;
    return bits_at(picture, behind_format + 3 + (has_optional ? optional_part : 0), 3) == 0;
}

Piece whole_frame(Bytes piece, bool key) {
    Piece result;
    result.picture = !piece.empty();
    result.key = result.picture && key;
    return result;
}

/// AV1 leb128() (4.10.5), and moves behind it.
std::optional<std::size_t> read_leb128(Bytes bytes, std::size_t& at) {
    std::size_t value = 0;
    for (unsigned i = 0; i < 4 && at < bytes.size(); i++) {
        const unsigned byte = byte_at(bytes, at++);
        value |= std::size_t{byte & 0x7f} << 7 * i;
        if ((byte & 0x80) == 0)
            return value;
    }
    return std::nullopt;
}

/// A temporal unit with a sequence header, which comes with key frames (AV1, 7.5).
bool av1_key(Bytes unit) {
    constexpr unsigned sequence_header = 1;
    for (std::size_t at = 0; at < unit.size();) {
        const unsigned header = byte_at(unit, at);
        const bool has_extension = (header & 4) != 0, has_size = (header & 2) != 0;
        if ((header >> 3 & 15) == sequence_header)
            return true;
        at += has_extension ? 2 : 1;
        const auto size = has_size ? read_leb128(unit, at) : std::nullopt;
        if (!size || *size > unit.size() - std::min(at, unit.size()))
            return false;
        at += *size;
    }
    return false;
}

} // namespace

Piece examine(daedalus_codec codec, Bytes piece) {
    switch (codec) {
    case DAEDALUS_CODEC_H264:
        return examine_units(piece, h264_unit, h264_key);
    case DAEDALUS_CODEC_MPEG2:
        return examine_units(piece, mpeg2_unit, mpeg2_key);
    case DAEDALUS_CODEC_MPEG4:
        return is_h263_picture(piece) ? whole_frame(piece, h263_key(piece))
                                      : examine_units(piece, mpeg4_unit, mpeg4_key);
    case DAEDALUS_CODEC_H263:
        return whole_frame(piece, h263_key(piece));
    case DAEDALUS_CODEC_VP8:
        return whole_frame(piece, (byte_at(piece, 0) & 1) == 0); // key_frame (RFC 6386, 9.1)
    case DAEDALUS_CODEC_VP9:
        return whole_frame(piece, vp9_is_key(piece));
    case DAEDALUS_CODEC_AV1:
        return whole_frame(piece, av1_key(piece));
    case DAEDALUS_CODEC_COUNT:
        break;
    }
    return {};
}

} // namespace daedalus::bitstream
