// SPDX-License-Identifier: BSD-2-Clause
// One file to play, and what became of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace daedalus::test {

/// A line of the list: tab-separated, in this order.
struct PlayJob {
    std::string id;         ///< names it in the answers, and its file of hashes
    std::string codec;      ///< h264, vp8, vp9, av1, mpeg2; "stateful-" in front of it, or of mpeg4 or h263:
                            ///< by the stateful decoder
    std::string path;       ///< an elementary stream, IVF or Matroska; told apart by their first bytes
    double seconds = 0;     ///< after these it is killed
    std::string raw_format; ///< GStreamer's name of the format to ask for; "-" for the decoder's choice

    /// Nothing: not such a line.
    static std::optional<PlayJob> parse(std::string_view line);
};

/// What a playback was like.
struct PlayResult {
    std::string end = "error"; ///< done, error (the player said so), timeout, unkillable or crashed
    std::uint64_t frames = 0;
    std::string md5 = "-"; ///< of all frames as planar 4:2:0 of their visible size; 10 bits in 16, low end
    std::string md5_luma = "-"; ///< of their luma alone: how monochrome is hashed
    std::string format = "-";   ///< GStreamer's name of the last pixel format
    std::string size = "-";     ///< of the last frame, and a "+" if there were others
    double seconds = 0;         ///< all of it
    double longest_gap = 0;     ///< seconds in which nothing went into or came out of the decoder
    std::string message = "-";  ///< the player's first error

    /// The fields in this order, tab-separated, without an end of line.
    [[nodiscard]] std::string line() const;
    static std::optional<PlayResult> parse(std::string_view line);
};

} // namespace daedalus::test
