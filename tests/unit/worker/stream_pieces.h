// SPDX-License-Identifier: BSD-2-Clause
// Streams taken apart, as clients of stateful decoders send them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace daedalus::test {

using Bytes = std::vector<std::byte>;

/// The stream's NAL units, or what begins with a start code elsewhere, each with that.
[[nodiscard]] std::vector<Bytes> nal_units(const std::vector<std::uint8_t>& stream);

/// The type of an H.264 NAL unit with its start code.
[[nodiscard]] int nal_type(const Bytes& unit);

/// The frames of an MPEG-4 stream, the headers with the first one.
[[nodiscard]] std::vector<Bytes> mpeg4_frames(const std::vector<std::uint8_t>& stream);

/// What the frames of an IVF file hold: of AV1, temporal units.
[[nodiscard]] std::vector<Bytes> ivf_frames(const std::vector<std::uint8_t>& file);

/// The NAL units of each access unit of a stream whose pictures are one slice each, with their start codes.
[[nodiscard]] std::vector<std::vector<Bytes>> access_units(const std::vector<std::uint8_t>& stream);

[[nodiscard]] Bytes join(const std::vector<Bytes>& units);

} // namespace daedalus::test
