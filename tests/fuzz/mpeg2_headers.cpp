// SPDX-License-Identifier: BSD-2-Clause
// Input: one byte that says whether there is a quantisation control, then the three controls.
#include "bitstream/mpeg2_headers.h"

#include "fuzz/fuzz_input.h"
#include "support/mpeg2/stream.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using daedalus::fuzz::require;
    daedalus::fuzz::FuzzInput input(data, size);
    const bool has_quantisation = (input.take<std::uint8_t>() & 1) != 0;
    const auto sequence = input.take<v4l2_ctrl_mpeg2_sequence>();
    const auto picture = input.take<v4l2_ctrl_mpeg2_picture>();
    const auto quantisation = input.take<v4l2_ctrl_mpeg2_quantisation>();
    auto stream = daedalus::bitstream::mpeg2_sequence_headers(sequence);
    const auto headers = daedalus::bitstream::mpeg2_picture_headers(
        sequence, picture, has_quantisation ? &quantisation : nullptr);
    if (!stream || !headers)
        return 0;
    require(stream->size() < 64 && headers->size() < 512);
    stream->insert(stream->end(), headers->begin(), headers->end());
    stream->insert(stream->end(), {0, 0, 1, 1, 0x40}); // a slice
    const auto pictures = daedalus::test::mpeg2::parse_stream(*stream);
    require(pictures && pictures->size() == 1);
    require(pictures->front().sequence.horizontal_size == sequence.horizontal_size);
    return 0;
}
