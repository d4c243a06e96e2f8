// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "support/av1/bit_reader.h"
#include "support/av1/sequence_header.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <linux/v4l2-controls.h>
#include <string>

namespace daedalus::test::av1 {

constexpr uint8_t primary_ref_none = 7;
constexpr uint8_t refresh_all = 0xff;

/** A frame header as V4L2 controls, with the values that GStreamer's v4l2codecs puts in. */
struct FrameHeader {
    bool show_existing_frame = false;
    unsigned frame_to_show = 0;    ///< slot, with show_existing_frame alone
    v4l2_ctrl_av1_frame control{}; ///< but for reference_frame_ts
    v4l2_ctrl_av1_film_grain film_grain{};
    unsigned tile_columns_log2 = 0;
    unsigned tile_rows_log2 = 0;

    bool has(uint32_t flag) const { return (control.flags & flag) != 0; }
    bool intra() const {
        return control.frame_type == V4L2_AV1_KEY_FRAME || control.frame_type == V4L2_AV1_INTRA_ONLY_FRAME;
    }
    bool restarts() const {
        return control.frame_type == V4L2_AV1_KEY_FRAME && has(V4L2_AV1_FRAME_FLAG_SHOW_FRAME);
    }
    unsigned tiles() const { return control.tile_info.tile_cols * control.tile_info.tile_rows; }
};

/** What the reference frame update process (7.20) keeps of a frame. */
struct SavedFrame {
    bool valid = false;
    FrameHeader header;
};

using Slots = std::array<SavedFrame, V4L2_AV1_TOTAL_REFS_PER_FRAME>;

/** The layer that the OBU's extension names. */
struct Layer {
    unsigned temporal = 0;
    unsigned spatial = 0;
};

/** Parses uncompressed_header() (5.9.2); the reader then stands behind it. */
std::expected<FrameHeader, std::string> parse_frame_header(BitReader& reader, const SequenceHeader& sequence,
                                                           const Slots& slots, Layer layer);

} // namespace daedalus::test::av1
