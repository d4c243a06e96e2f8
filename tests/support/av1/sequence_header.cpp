// SPDX-License-Identifier: BSD-2-Clause
#include "support/av1/sequence_header.h"

#include "support/av1/bit_reader.h"

namespace daedalus::test::av1 {
namespace {

class Parser {
  public:
    explicit Parser(std::span<const uint8_t> payload) : reader_(payload) {}

    SequenceHeader parse() {
        header_.control.seq_profile = static_cast<uint8_t>(reader_.bits(3));
        set(V4L2_AV1_SEQUENCE_FLAG_STILL_PICTURE, reader_.flag());
        header_.reduced_still_picture = reader_.flag();
        if (header_.reduced_still_picture) {
            header_.operating_points = 1;
            reader_.bits(5); // seq_level_idx
        } else {
            parse_timing();
            parse_operating_points();
        }
        parse_size();
        parse_tools();
        parse_color();
        set(V4L2_AV1_SEQUENCE_FLAG_FILM_GRAIN_PARAMS_PRESENT, reader_.flag());
        return header_;
    }

    bool ok() const { return reader_.ok(); }

  private:
    void set(uint32_t flag, bool value) {
        if (value)
            header_.control.flags |= flag;
    }

    void parse_timing() {
        if (!reader_.flag()) // timing_info_present_flag
            return;
        reader_.bits(64); // num_units_in_display_tick, time_scale
        header_.equal_picture_interval = reader_.flag();
        if (header_.equal_picture_interval)
            reader_.variable_length();
        header_.decoder_model_info = reader_.flag();
        if (!header_.decoder_model_info)
            return;
        buffer_delay_bits_ = static_cast<unsigned>(reader_.bits(5)) + 1;
        reader_.bits(32); // num_units_in_decoding_tick
        header_.buffer_removal_time_bits = static_cast<unsigned>(reader_.bits(5)) + 1;
        header_.frame_presentation_time_bits = static_cast<unsigned>(reader_.bits(5)) + 1;
    }

    void parse_operating_points() {
        const bool display_delay = reader_.flag();
        header_.operating_points = static_cast<unsigned>(reader_.bits(5)) + 1;
        for (unsigned i = 0; i < header_.operating_points; ++i) {
            OperatingPoint& point = header_.operating_point.at(i);
            point.idc = static_cast<uint16_t>(reader_.bits(12));
            if (reader_.bits(5) > 7) // seq_level_idx
                reader_.flag();      // seq_tier
            if (header_.decoder_model_info) {
                point.decoder_model = reader_.flag();
                if (point.decoder_model)
                    reader_.bits(2 * buffer_delay_bits_ + 1);
            }
            if (display_delay && reader_.flag())
                reader_.bits(4);
        }
    }

    void parse_size() {
        header_.frame_width_bits = static_cast<unsigned>(reader_.bits(4)) + 1;
        header_.frame_height_bits = static_cast<unsigned>(reader_.bits(4)) + 1;
        header_.control.max_frame_width_minus_1 =
            static_cast<uint16_t>(reader_.bits(header_.frame_width_bits));
        header_.control.max_frame_height_minus_1 =
            static_cast<uint16_t>(reader_.bits(header_.frame_height_bits));
        header_.frame_ids = !header_.reduced_still_picture && reader_.flag();
        if (header_.frame_ids) {
            header_.delta_frame_id_bits = static_cast<unsigned>(reader_.bits(4)) + 2;
            header_.frame_id_bits = static_cast<unsigned>(reader_.bits(3)) + header_.delta_frame_id_bits + 1;
        }
    }

    void parse_tools() {
        set(V4L2_AV1_SEQUENCE_FLAG_USE_128X128_SUPERBLOCK, reader_.flag());
        set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_FILTER_INTRA, reader_.flag());
        set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTRA_EDGE_FILTER, reader_.flag());
        header_.screen_content_tools = header_.integer_mv = select_per_frame;
        if (!header_.reduced_still_picture) {
            set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_INTERINTRA_COMPOUND, reader_.flag());
            set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_MASKED_COMPOUND, reader_.flag());
            set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_WARPED_MOTION, reader_.flag());
            set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_DUAL_FILTER, reader_.flag());
            const bool order_hint = reader_.flag();
            set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_ORDER_HINT, order_hint);
            if (order_hint) {
                set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_JNT_COMP, reader_.flag());
                set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_REF_FRAME_MVS, reader_.flag());
            }
            if (!reader_.flag()) // seq_choose_screen_content_tools
                header_.screen_content_tools = static_cast<unsigned>(reader_.bits(1));
            if (header_.screen_content_tools > 0 && !reader_.flag()) // seq_choose_integer_mv
                header_.integer_mv = static_cast<unsigned>(reader_.bits(1));
            if (order_hint)
                header_.control.order_hint_bits = static_cast<uint8_t>(reader_.bits(3) + 1);
        }
        set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_SUPERRES, reader_.flag());
        set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_CDEF, reader_.flag());
        set(V4L2_AV1_SEQUENCE_FLAG_ENABLE_RESTORATION, reader_.flag());
    }

    void parse_color() {
        const bool high = reader_.flag();
        const bool twelve = header_.control.seq_profile == 2 && high && reader_.flag();
        header_.control.bit_depth = twelve ? 12 : high ? 10 : 8;
        const bool mono = header_.control.seq_profile != 1 && reader_.flag();
        set(V4L2_AV1_SEQUENCE_FLAG_MONO_CHROME, mono);
        uint64_t description = 0x020202; // unspecified
        if (reader_.flag())
            description = reader_.bits(24);
        bool x = true;
        bool y = true;
        if (mono) {
            set(V4L2_AV1_SEQUENCE_FLAG_COLOR_RANGE, reader_.flag());
        } else if (description == 0x010d00) { // BT.709, sRGB, identity
            set(V4L2_AV1_SEQUENCE_FLAG_COLOR_RANGE, true);
            x = y = false;
        } else {
            set(V4L2_AV1_SEQUENCE_FLAG_COLOR_RANGE, reader_.flag());
            if (header_.control.seq_profile == 1) {
                x = y = false;
            } else if (header_.control.seq_profile == 2) {
                x = !twelve || reader_.flag();
                y = twelve && x && reader_.flag();
            }
            if (x && y)
                reader_.bits(2); // chroma_sample_position
        }
        set(V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_X, x);
        set(V4L2_AV1_SEQUENCE_FLAG_SUBSAMPLING_Y, y);
        if (!mono)
            set(V4L2_AV1_SEQUENCE_FLAG_SEPARATE_UV_DELTA_Q, reader_.flag());
    }

    BitReader reader_;
    SequenceHeader header_;
    unsigned buffer_delay_bits_ = 0;
};

} // namespace

std::expected<SequenceHeader, std::string> parse_sequence_header(std::span<const uint8_t> payload) {
    Parser parser(payload);
    SequenceHeader header = parser.parse();
    if (!parser.ok())
        return std::unexpected("a sequence header ends early");
    return header;
}

} // namespace daedalus::test::av1
