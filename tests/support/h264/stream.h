// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "parameter_sets.h"
#include "slice_header.h"

#include <array>
#include <cstdint>
#include <expected>
#include <functional>
#include <linux/v4l2-controls.h>
#include <span>
#include <string>
#include <vector>

/**
 * An H.264 Annex B stream taken apart into the requests that a client of a
 * stateless V4L2 decoder makes of it (frame-based decoding, Annex B start
 * codes), with the values that GStreamer's v4l2codecs puts in.
 *
 *     auto stream = h264::parse_stream(bytes);
 *     for (h264::Picture &picture : stream->pictures) {
 *         h264::name_references(picture, h264::microsecond_counter);
 *         // picture.sps, .pps, .scaling_matrix, .decode_params, .bitstream
 *     }
 */
namespace daedalus::test::h264 {

/** A DPB entry that stands for no frame of the stream: a gap in frame_num. */
inline constexpr uint32_t no_frame = UINT32_MAX;

/** One request: a frame, or one field of a frame that is coded as two. */
struct Picture {
    v4l2_ctrl_h264_sps sps{};
    v4l2_ctrl_h264_pps pps{};
    bool scaling_matrix_present = false; ///< GStreamer sends the control only then
    v4l2_ctrl_h264_scaling_matrix scaling_matrix{};
    v4l2_ctrl_h264_decode_params decode_params{}; ///< reference_ts: see name_references()
    v4l2_ctrl_h264_slice_params slice_params{};   ///< of the first slice, without reference lists
    bool has_pred_weights = false;
    v4l2_ctrl_h264_pred_weights pred_weights{}; ///< of the first slice
    std::vector<uint8_t> bitstream;             ///< the slices, each behind 00 00 01
    std::vector<size_t> slice_offsets;          ///< of the start codes in bitstream

    uint32_t frame = 0; ///< index in Stream::frames; both fields of a frame have the same
    /** The frame that decode_params.dpb[i] names; no_frame for gaps and for entries not in use. */
    std::array<uint32_t, V4L2_H264_NUM_DPB_ENTRIES> references{};
    bool is_field = false;
    bool second_field = false; ///< completes the frame that the picture before began

    /** GStreamer holds the CAPTURE buffer after every first field, paired or not. */
    bool hold_capture() const { return is_field && !second_field; }
    bool is_idr() const { return (decode_params.flags & V4L2_H264_DECODE_PARAM_FLAG_IDR_PIC) != 0; }
};

/** What one CAPTURE buffer will hold. */
struct Frame {
    uint32_t first_picture = 0; ///< index in Stream::pictures
    uint32_t pictures = 1;      ///< 2 for a field pair
    bool is_idr = false;
    uint32_t period = 0;     ///< steps with every IDR picture and memory reset
    int32_t order_count = 0; ///< PicOrderCnt(): display order inside of the period
    uint32_t display_index = 0;
    uint32_t coded_width = 0;
    uint32_t coded_height = 0;
    uint8_t bit_depth = 8;
    CropRectangle crop{};
};

struct Stream {
    std::vector<Picture> pictures; ///< in decoding order
    std::vector<Frame> frames;     ///< in decoding order
    /** Indexes of frames in display order: what ffmpeg or a player shows. */
    std::vector<uint32_t> display_order;
};

/** Takes a whole stream apart. The error tells what the stream has that can't be said in V4L2. */
std::expected<Stream, std::string> parse_stream(std::span<const uint8_t> bytes);

/** The same for a file. */
std::expected<Stream, std::string> read_stream(const std::string& path);

/** Which V4L2 timestamp, in nanoseconds, a frame's OUTPUT buffers carry. */
using TimestampOf = std::function<uint64_t(uint32_t frame)>;

/** GStreamer's: the number of the frame as microseconds. */
uint64_t microsecond_counter(uint32_t frame);
/** A pipeline's clock: microseconds since 1970, 25 frames a second. */
uint64_t wall_clock(uint32_t frame);
/** Every frame has the timestamp 0. */
uint64_t all_zero(uint32_t frame);

/**
 * Timestamps that are the index of the frame's CAPTURE buffer, in microseconds:
 * the first free buffer is taken, and a buffer is free when no later picture
 * refers to its frame.
 *
 * @param buffers how many there are; at least one more than the stream's references.
 * @param first 0 as Chromium does it, 1 as FFmpeg does it.
 */
TimestampOf recycled_indexes(const Stream& stream, uint32_t buffers, uint32_t first);

/** Fills reference_ts of a picture; a frame that is not in the stream gets 0, as with GStreamer. */
void name_references(Picture& picture, const TimestampOf& timestamp_of);

} // namespace daedalus::test::h264
