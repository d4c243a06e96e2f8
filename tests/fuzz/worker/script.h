// SPDX-License-Identifier: BSD-2-Clause
// The form of the inputs that a whole worker is fed with.
//
// Two bytes of settings, then steps: a byte with the kind, two with the length, and that many bytes, whose
// meaning is the kind's. Every string of bytes is a script: kinds are taken modulo their number, and what is
// missing is zero.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace daedalus::fuzz {

enum class StepKind : std::uint8_t {
    decode,  ///< buffer, flags, timing, timestamp (8 bytes), controls (request_input.h), bitstream
    input,   ///< timing, timestamp (8 bytes), bitstream
    capture, ///< buffer, flags
    drain,
    flush,  ///< flags
    retire, ///< buffer; 0xff: all of them
    format, ///< codec
    pause,  ///< nothing comes for a while
    buffer, ///< buffer, format, width (2 bytes), height (2 bytes), line padding, bytes that are missing
    answer, ///< what the next calls of the worker are answered with
    death,  ///< the worker ends, and another one takes over
    spoil,  ///< offset in the journal (3 bytes), bytes
    raw,    ///< bytes as they are, for a message
    count,
};

struct Step {
    StepKind kind;
    std::span<const std::uint8_t> bytes;
};

inline constexpr std::size_t settings_size = 2;
inline constexpr std::size_t step_header_size = 3;

/// The steps of an input; they point into it.
[[nodiscard]] std::vector<Step> steps_of(std::span<const std::uint8_t> input);

/// Appends a step to an input. `bytes` are at most 65535.
void append_step(std::vector<std::uint8_t>& input, StepKind kind, std::span<const std::uint8_t> bytes);

} // namespace daedalus::fuzz
