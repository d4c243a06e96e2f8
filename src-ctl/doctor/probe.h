// SPDX-License-Identifier: BSD-2-Clause
// What a browser would ask a video node before it decodes with it, and whether it would like the answers. The
// conditions are those of Firefox's v4l2test and of Chromium's V4L2 decoders.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace daedalus::ctl {

/// The answers of a node. Formats are V4L2 fourccs.
struct NodeAnswers {
    bool multiplanar = false;   ///< VIDEO_M2M_MPLANE
    bool single_planar = false; ///< VIDEO_M2M
    bool streaming = false;
    bool requests = false;               ///< the OUTPUT queue takes requests: a stateless decoder
    std::vector<std::uint32_t> coded;    ///< of OUTPUT
    std::vector<std::uint32_t> pictures; ///< of CAPTURE
    std::uint32_t default_picture = 0;   ///< of CAPTURE, before anybody has set one
    bool sizes_in_steps = false;         ///< ENUM_FRAMESIZES is STEPWISE for the first coded format
    std::uint32_t min_captures = 0;      ///< MIN_BUFFERS_FOR_CAPTURE; 0: no such control
};

/// Asks a node, without decoding anything. The error is a sentence.
[[nodiscard]] std::expected<NodeAnswers, std::string> probe_node(const std::string& path);

/// What Firefox misses, empty if it would use the node.
[[nodiscard]] std::vector<std::string> missing_for_firefox(const NodeAnswers& answers);

/// What Chromium misses, likewise, whatever the node's number.
[[nodiscard]] std::vector<std::string> missing_for_chromium(const NodeAnswers& answers);

} // namespace daedalus::ctl
