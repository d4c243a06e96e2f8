// SPDX-License-Identifier: BSD-2-Clause
// MPEG-2 video (ITU-T H.262) headers, written again from the V4L2 controls of a request: clients send slices
// alone.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include <linux/v4l2-controls.h>

#include "util/error.h"

namespace daedalus::bitstream {

/// sequence_header(), sequence_extension() and a group_of_pictures_header() (6.2.2).
///
/// To go before the first picture and before the first field of a picture whose sequence control changed. Not
/// between the fields of a frame: libavcodec forgets there that it has seen the first one.
///
/// What no control holds is written as: square samples, 25 frames/s, the highest bit rate, low delay
/// (libavcodec then holds no picture back) and a closed GOP (so that it decodes B pictures with one
/// reference; a client that can't use such a picture does not send it). No matrices: mpeg2_picture_headers()
/// has them.
///
/// Error: ERANGE, a field that its syntax element can't carry.
[[nodiscard]] std::expected<std::vector<std::uint8_t>, util::Error>
mpeg2_sequence_headers(const v4l2_ctrl_mpeg2_sequence& sequence);

/// A group_of_pictures_header() (6.2.2.6) as above, alone. To go before the first field of a frame: it makes
/// libavcodec forget a field before it that has no partner.
[[nodiscard]] std::vector<std::uint8_t> mpeg2_group_header();

/// picture_header(), picture_coding_extension() and, with a quantisation control, quant_matrix_extension()
/// (6.2.3). To go before the slices of every picture, of either field too.
///
/// `quantisation` may be null: the client never sent any. Its matrices are in zig-zag order, as in the
/// stream. A matrix of zeros counts as not sent.
///
/// Errors: ERANGE, a field that its syntax element can't carry; EOPNOTSUPP, a D picture (MPEG-1).
[[nodiscard]] std::expected<std::vector<std::uint8_t>, util::Error>
mpeg2_picture_headers(const v4l2_ctrl_mpeg2_sequence& sequence, const v4l2_ctrl_mpeg2_picture& picture,
                      const v4l2_ctrl_mpeg2_quantisation* quantisation);

} // namespace daedalus::bitstream
