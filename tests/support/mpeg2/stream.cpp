// SPDX-License-Identifier: BSD-2-Clause
#include "support/mpeg2/stream.h"

#include "support/h264/bit_reader.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace daedalus::test::mpeg2 {
namespace {

using h264::BitReader; // MPEG-2 reads bits the same way

constexpr uint8_t picture_start = 0x00;
constexpr uint8_t first_slice = 0x01;
constexpr uint8_t last_slice = 0xaf;
constexpr uint8_t sequence_start = 0xb3;
constexpr uint8_t extension_start = 0xb5;

constexpr unsigned sequence_extension = 1;
constexpr unsigned quant_matrix_extension = 3;
constexpr unsigned picture_coding_extension = 8;

// 6.3.11, in zig-zag order
constexpr std::array<uint8_t, 64> default_intra_matrix = {
    8,  16, 16, 19, 16, 19, 22, 22, 22, 22, 22, 22, 26, 24, 26, 27, 27, 27, 26, 26, 26, 26,
    27, 27, 27, 29, 29, 29, 34, 34, 34, 29, 29, 29, 27, 27, 29, 29, 32, 32, 34, 34, 37, 38,
    37, 35, 35, 34, 35, 38, 38, 40, 40, 40, 48, 48, 46, 46, 56, 56, 58, 69, 69, 83};
constexpr uint8_t default_non_intra_weight = 16;

struct Unit {
    uint8_t code;
    std::span<const uint8_t> bytes; // start code included
};

std::vector<Unit> split(std::span<const uint8_t> stream) {
    std::vector<size_t> starts;
    for (size_t i = 0; i + 4 <= stream.size(); ++i)
        if (stream[i] == 0 && stream[i + 1] == 0 && stream[i + 2] == 1)
            starts.push_back(i);
    std::vector<Unit> units;
    for (size_t i = 0; i < starts.size(); ++i) {
        const size_t end = i + 1 < starts.size() ? starts[i + 1] : stream.size();
        units.push_back({stream[starts[i] + 3], stream.subspan(starts[i], end - starts[i])});
    }
    return units;
}

class Parser {
  public:
    std::expected<std::vector<Picture>, std::string> parse(std::span<const uint8_t> stream) {
        for (const Unit& unit : split(stream)) {
            BitReader reader(unit.bytes.subspan(4));
            if (unit.code >= first_slice && unit.code <= last_slice) {
                if (!has_coding_extension_)
                    return std::unexpected("slices without a picture coding extension: no MPEG-2 video");
                current_.bitstream.insert(current_.bitstream.end(), unit.bytes.begin(), unit.bytes.end());
                continue;
            }
            finish_picture();
            if (unit.code == sequence_start)
                sequence_header(reader);
            else if (unit.code == picture_start)
                picture_header(reader);
            else if (unit.code == extension_start)
                extension(reader);
            if (!reader.ok())
                return std::unexpected("a header ends early");
        }
        finish_picture();
        return std::move(pictures_);
    }

  private:
    static void matrix(BitReader& reader, __u8 (&matrix)[64]) {
        for (__u8& weight : matrix)
            weight = static_cast<__u8>(reader.bits(8));
    }

    void sequence_header(BitReader& reader) {
        sequence_ = {};
        sequence_.horizontal_size = static_cast<uint16_t>(reader.bits(12));
        sequence_.vertical_size = static_cast<uint16_t>(reader.bits(12));
        reader.bits(8 + 18 + 1); // aspect ratio, frame rate, bit rate, marker
        sequence_.vbv_buffer_size = reader.bits(10);
        reader.bits(1);
        std::ranges::copy(default_intra_matrix, quantisation_.intra_quantiser_matrix);
        std::ranges::fill(quantisation_.non_intra_quantiser_matrix, default_non_intra_weight);
        if (reader.flag())
            matrix(reader, quantisation_.intra_quantiser_matrix);
        if (reader.flag())
            matrix(reader, quantisation_.non_intra_quantiser_matrix);
        std::ranges::copy(quantisation_.intra_quantiser_matrix, quantisation_.chroma_intra_quantiser_matrix);
        std::ranges::copy(quantisation_.non_intra_quantiser_matrix,
                          quantisation_.chroma_non_intra_quantiser_matrix);
    }

    void extension(BitReader& reader) {
        const unsigned id = reader.bits(4);
        if (id == sequence_extension) {
            sequence_.profile_and_level_indication = static_cast<uint16_t>(reader.bits(8));
            sequence_.flags = reader.flag() ? V4L2_MPEG2_SEQ_FLAG_PROGRESSIVE : 0;
            sequence_.chroma_format = static_cast<uint8_t>(reader.bits(2));
            sequence_.horizontal_size =
                static_cast<uint16_t>(sequence_.horizontal_size | reader.bits(2) << 12);
            sequence_.vertical_size = static_cast<uint16_t>(sequence_.vertical_size | reader.bits(2) << 12);
            reader.bits(12 + 1);
            sequence_.vbv_buffer_size |= reader.bits(8) << 10;
        } else if (id == quant_matrix_extension) {
            if (reader.flag()) {
                matrix(reader, quantisation_.intra_quantiser_matrix);
                std::ranges::copy(quantisation_.intra_quantiser_matrix,
                                  quantisation_.chroma_intra_quantiser_matrix);
            }
            if (reader.flag()) {
                matrix(reader, quantisation_.non_intra_quantiser_matrix);
                std::ranges::copy(quantisation_.non_intra_quantiser_matrix,
                                  quantisation_.chroma_non_intra_quantiser_matrix);
            }
            if (reader.flag())
                matrix(reader, quantisation_.chroma_intra_quantiser_matrix);
            if (reader.flag())
                matrix(reader, quantisation_.chroma_non_intra_quantiser_matrix);
        } else if (id == picture_coding_extension) {
            parse_picture_coding(reader);
        }
    }

    void picture_header(BitReader& reader) {
        reader.bits(10);
        current_ = Picture{};
        current_.picture.picture_coding_type = static_cast<uint8_t>(reader.bits(3));
        has_coding_extension_ = false;
    }

    void parse_picture_coding(BitReader& reader) {
        v4l2_ctrl_mpeg2_picture& picture = current_.picture;
        for (auto& direction : picture.f_code)
            for (__u8& f_code : direction)
                f_code = static_cast<__u8>(reader.bits(4));
        picture.intra_dc_precision = static_cast<__u8>(reader.bits(2));
        picture.picture_structure = static_cast<__u8>(reader.bits(2));
        for (const uint32_t flag :
             {V4L2_MPEG2_PIC_FLAG_TOP_FIELD_FIRST, V4L2_MPEG2_PIC_FLAG_FRAME_PRED_DCT,
              V4L2_MPEG2_PIC_FLAG_CONCEALMENT_MV, V4L2_MPEG2_PIC_FLAG_Q_SCALE_TYPE,
              V4L2_MPEG2_PIC_FLAG_INTRA_VLC, V4L2_MPEG2_PIC_FLAG_ALT_SCAN, V4L2_MPEG2_PIC_FLAG_REPEAT_FIRST})
            picture.flags |= reader.flag() ? flag : 0;
        reader.flag(); // chroma_420_type
        picture.flags |= reader.flag() ? V4L2_MPEG2_PIC_FLAG_PROGRESSIVE : 0;
        has_coding_extension_ = true;
    }

    void finish_picture() {
        if (current_.bitstream.empty())
            return;
        const bool field = current_.picture.picture_structure != V4L2_MPEG2_PIC_FRAME;
        current_.second_field = field && open_field_;
        open_field_ = field && !current_.second_field;
        if (!current_.second_field) {
            current_.frame = frames_++;
            if (current_.picture.picture_coding_type != V4L2_MPEG2_PIC_CODING_TYPE_B)
                forward_ = std::exchange(backward_, current_.frame);
        } else {
            current_.frame = frames_ - 1;
        }
        current_.sequence = sequence_;
        current_.quantisation = quantisation_;
        current_.timestamp = current_.frame * uint64_t{1000};
        name_references();
        pictures_.push_back(std::exchange(current_, Picture{}));
        has_coding_extension_ = false;
    }

    void name_references() {
        const auto name = [](std::optional<uint32_t> frame) {
            return frame ? *frame * uint64_t{1000} : no_reference;
        };
        v4l2_ctrl_mpeg2_picture& picture = current_.picture;
        picture.forward_ref_ts = picture.backward_ref_ts = no_reference;
        if (picture.picture_coding_type != V4L2_MPEG2_PIC_CODING_TYPE_I)
            picture.forward_ref_ts = name(forward_);
        if (picture.picture_coding_type == V4L2_MPEG2_PIC_CODING_TYPE_B)
            picture.backward_ref_ts = name(backward_);
    }

    v4l2_ctrl_mpeg2_sequence sequence_{};
    v4l2_ctrl_mpeg2_quantisation quantisation_{};
    Picture current_;
    bool has_coding_extension_ = false;
    bool open_field_ = false;
    uint32_t frames_ = 0;
    std::optional<uint32_t> forward_;  // the last reference but one
    std::optional<uint32_t> backward_; // the last reference
    std::vector<Picture> pictures_;
};

} // namespace

std::expected<std::vector<Picture>, std::string> parse_stream(std::span<const uint8_t> bytes) {
    return Parser().parse(bytes);
}

} // namespace daedalus::test::mpeg2
