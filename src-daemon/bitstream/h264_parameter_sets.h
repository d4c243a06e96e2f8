// SPDX-License-Identifier: BSD-2-Clause
// H.264 sequence and picture parameter sets, written again from the V4L2 controls of a request.
//
// A stateless client sends slices alone; libavcodec wants the parameter sets that they refer to.
#pragma once

#include <cstdint>
#include <expected>
#include <vector>

#include <linux/v4l2-controls.h>

#include "util/error.h"

namespace daedalus::bitstream {

/// An Annex B SPS followed by a PPS, with the ids of the controls, to go before the slices of a picture.
///
/// `scaling_matrix` may be null: the client never sent one. Lists that are not flat apply whatever
/// V4L2_H264_PPS_FLAG_SCALING_MATRIX_PRESENT says, because some clients send lists of the SPS without it; an
/// all-zero matrix is the kernel's initial value and counts as not sent.
///
/// Not in the SPS: cropping (the client crops) and any VUI but a bitstream restriction of no reordering,
/// which keeps libavcodec from holding back pictures. profile_idc is the control's unless that profile's
/// syntax can't carry what other fields ask for, when it becomes High (or High 4:4:4 Predictive).
///
/// The result depends on the arguments alone and is below 5 KiB. A caller can compare it with the last one it
/// sent and leave it out when nothing changed.
///
/// Errors: ERANGE, a field outside of what H.264 7.4.2 allows and the syntax can carry; EOPNOTSUPP, slice
/// groups (FMO), whose map the controls don't hold.
[[nodiscard]] std::expected<std::vector<std::uint8_t>, util::Error>
h264_parameter_sets(const v4l2_ctrl_h264_sps& sps, const v4l2_ctrl_h264_pps& pps,
                    const v4l2_ctrl_h264_scaling_matrix* scaling_matrix);

} // namespace daedalus::bitstream
