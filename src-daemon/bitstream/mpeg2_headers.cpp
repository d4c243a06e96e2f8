// SPDX-License-Identifier: BSD-2-Clause
#include "bitstream/mpeg2_headers.h"

#include <algorithm>
#include <cerrno>
#include <span>
#include <utility>

#include "bitstream/bit_writer.h"
#include "bitstream/control_check.h"

namespace daedalus::bitstream {
namespace {

enum StartCode : std::uint8_t {
    picture_start = 0x00,
    sequence_start = 0xb3,
    extension_start = 0xb5,
    group_start = 0xb8,
};

enum ExtensionId : std::uint8_t {
    sequence_extension = 1,
    quant_matrix_extension = 3,
    picture_coding_extension = 8,
};

constexpr unsigned max_size = (1U << 14) - 1; // 12 bits in the header, 2 in the extension
constexpr std::uint8_t chroma_420 = 1;
constexpr std::uint8_t chroma_444 = 3;

using Matrix = std::span<const std::uint8_t, 64>;

void start_code(BitWriter& writer, StartCode code) {
    writer.align(); // next_start_code(): zero bits, then the code
    writer.bits(0x000100 | code, 32);
}

void extension(BitWriter& writer, ExtensionId id) {
    start_code(writer, extension_start);
    writer.bits(id, 4);
}

void write_sequence_header(BitWriter& writer, const v4l2_ctrl_mpeg2_sequence& sequence) {
    start_code(writer, sequence_start);
    writer.bits(sequence.horizontal_size, 12); // the upper bits are in the extension
    writer.bits(sequence.vertical_size, 12);
    writer.bits(1, 4);        // aspect_ratio_information: square samples
    writer.bits(3, 4);        // frame_rate_code: 25 frames/s
    writer.bits(0x3ffff, 18); // bit_rate_value
    writer.flag(true);        // marker_bit
    writer.bits(sequence.vbv_buffer_size, 10);
    writer.flag(false); // constrained_parameters_flag
    writer.flag(false); // load_intra_quantiser_matrix
    writer.flag(false); // load_non_intra_quantiser_matrix
}

void write_sequence_extension(BitWriter& writer, const v4l2_ctrl_mpeg2_sequence& sequence) {
    extension(writer, sequence_extension);
    writer.bits(sequence.profile_and_level_indication, 8);
    writer.flag((sequence.flags & V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE) != 0);
    writer.bits(sequence.chroma_format, 2);
    writer.bits(sequence.horizontal_size >> 12, 2);
    writer.bits(sequence.vertical_size >> 12, 2);
    writer.bits(0xfff, 12); // bit_rate_extension
    writer.flag(true);      // marker_bit
    writer.bits(sequence.vbv_buffer_size >> 10, 8);
    writer.flag(true); // low_delay
    writer.bits(0, 2); // frame_rate_extension_n
    writer.bits(0, 5); // frame_rate_extension_d
}

void write_group_header(BitWriter& writer) {
    start_code(writer, group_start);
    writer.bits(1U << 12, 25); // time_code: zero, with its marker bit
    writer.flag(true);         // closed_gop
    writer.flag(false);        // broken_link
}

void write_picture_header(BitWriter& writer, const v4l2_ctrl_mpeg2_picture& picture) {
    start_code(writer, picture_start);
    writer.bits(0, 10); // temporal_reference: clients order the pictures
    writer.bits(picture.picture_coding_type, 3);
    writer.bits(0xffff, 16); // vbv_delay: not a constant bit rate
    // MPEG-1's vectors: full_pel_*_vector 0 and *_f_code 7 for MPEG-2, which has its own in the extension.
    if (picture.picture_coding_type != V4L2_MPEG2_PIC_CODING_TYPE_I)
        writer.bits(7, 4);
    if (picture.picture_coding_type == V4L2_MPEG2_PIC_CODING_TYPE_B)
        writer.bits(7, 4);
    writer.flag(false); // extra_bit_picture
}

void write_picture_coding_extension(BitWriter& writer, const v4l2_ctrl_mpeg2_sequence& sequence,
                                    const v4l2_ctrl_mpeg2_picture& picture) {
    const auto flag = [&](std::uint32_t mask) { writer.flag((picture.flags & mask) != 0); };
    extension(writer, picture_coding_extension);
    for (const auto& direction : picture.f_code)
        for (const std::uint8_t f_code : direction)
            writer.bits(f_code, 4);
    writer.bits(picture.intra_dc_precision, 2);
    writer.bits(picture.picture_structure, 2);
    flag(V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST);
    flag(V4L2_MPEG2_PIC_FLAG_FRAME_PRED_DCT);
    flag(V4L2_MPEG2_PIC_FLAG_CONCEALMENT_MV);
    flag(V4L2_MPEG2_PIC_FLAG_Q_SCALE_TYPE);
    flag(V4L2_MPEG2_PIC_FLAG_INTRA_VLC);
    flag(V4L2_MPEG2_PIC_FLAG_ALT_SCAN);
    flag(V4L2_MPEG2_PIC_FLAG_REPEAT_FIRST);
    const bool progressive = (picture.flags & V4L2_MPEG2_PIC_FLAG_PROGRESSIVE) != 0;
    writer.flag(progressive && sequence.chroma_format == chroma_420); // chroma_420_type
    writer.flag(progressive);                                         // progressive_frame
    writer.flag(false);                                               // composite_display_flag
}

bool is_sent(Matrix matrix) {
    return std::ranges::any_of(matrix, [](std::uint8_t weight) { return weight != 0; });
}

bool is_valid(Matrix matrix) {
    return !is_sent(matrix) || std::ranges::find(matrix, 0) == matrix.end();
}

void write_matrix(BitWriter& writer, Matrix matrix, bool allowed) {
    const bool load = allowed && is_sent(matrix);
    writer.flag(load);
    if (!load)
        return;
    for (const std::uint8_t weight : matrix)
        writer.bits(weight, 8);
}

void write_quant_matrix_extension(BitWriter& writer, const v4l2_ctrl_mpeg2_sequence& sequence,
                                  const v4l2_ctrl_mpeg2_quantisation& quantisation) {
    const bool chroma = sequence.chroma_format != chroma_420; // which has none of its own
    extension(writer, quant_matrix_extension);
    write_matrix(writer, quantisation.intra_quantiser_matrix, true);
    write_matrix(writer, quantisation.non_intra_quantiser_matrix, true);
    write_matrix(writer, quantisation.chroma_intra_quantiser_matrix, chroma);
    write_matrix(writer, quantisation.chroma_non_intra_quantiser_matrix, chroma);
}

std::expected<void, util::Error> check(const v4l2_ctrl_mpeg2_sequence& sequence) {
    ControlCheck check("MPEG-2");
    check.in_range("horizontal_size", sequence.horizontal_size, 1, max_size);
    check.in_range("vertical_size", sequence.vertical_size, 1, max_size);
    // MPEG-2 has no multiples of 4096, in which the header would hold what looks like a start code (6.3.3).
    check.in_range("horizontal_size modulo 4096", sequence.horizontal_size % 4096, 1, 4095);
    check.in_range("vertical_size modulo 4096", sequence.vertical_size % 4096, 1, 4095);
    check.in_range("profile_and_level_indication", sequence.profile_and_level_indication, 0, 0xff);
    check.in_range("chroma_format", sequence.chroma_format, chroma_420, chroma_444);
    return check.result();
}

std::expected<void, util::Error> check(const v4l2_ctrl_mpeg2_picture& picture) {
    if (picture.picture_coding_type == V4L2_MPEG2_PIC_CODING_TYPE_D)
        return util::fail(EOPNOTSUPP, "MPEG-2 controls: D pictures are not supported");
    ControlCheck check("MPEG-2");
    check.in_range("picture_coding_type", picture.picture_coding_type, V4L2_MPEG2_PIC_CODING_TYPE_I,
                   V4L2_MPEG2_PIC_CODING_TYPE_B);
    check.in_range("picture_structure", picture.picture_structure, V4L2_MPEG2_PIC_TOP_FIELD,
                   V4L2_MPEG2_PIC_FRAME);
    check.in_range("intra_dc_precision", picture.intra_dc_precision, 0, 3);
    for (const auto& direction : picture.f_code)
        for (const std::uint8_t f_code : direction)
            check.in_range("f_code", f_code, 0, 15);
    return check.result();
}

} // namespace

std::expected<std::vector<std::uint8_t>, util::Error>
mpeg2_sequence_headers(const v4l2_ctrl_mpeg2_sequence& sequence) {
    if (auto valid = check(sequence); !valid)
        return std::unexpected(std::move(valid.error()));
    BitWriter writer;
    write_sequence_header(writer, sequence);
    write_sequence_extension(writer, sequence);
    write_group_header(writer);
    return writer.take();
}

std::vector<std::uint8_t> mpeg2_group_header() {
    BitWriter writer;
    write_group_header(writer);
    return writer.take();
}

std::expected<std::vector<std::uint8_t>, util::Error>
mpeg2_picture_headers(const v4l2_ctrl_mpeg2_sequence& sequence, const v4l2_ctrl_mpeg2_picture& picture,
                      const v4l2_ctrl_mpeg2_quantisation* quantisation) {
    if (auto valid = check(sequence); !valid)
        return std::unexpected(std::move(valid.error()));
    if (auto valid = check(picture); !valid)
        return std::unexpected(std::move(valid.error()));
    if (quantisation != nullptr && !(is_valid(quantisation->intra_quantiser_matrix) &&
                                     is_valid(quantisation->non_intra_quantiser_matrix) &&
                                     is_valid(quantisation->chroma_intra_quantiser_matrix) &&
                                     is_valid(quantisation->chroma_non_intra_quantiser_matrix)))
        return util::fail(ERANGE, "MPEG-2 controls: a quantiser matrix has a 0, the smallest weight is 1");

    BitWriter writer;
    write_picture_header(writer, picture);
    write_picture_coding_extension(writer, sequence, picture);
    if (quantisation != nullptr)
        write_quant_matrix_extension(writer, sequence, *quantisation);
    return writer.take();
}

} // namespace daedalus::bitstream
