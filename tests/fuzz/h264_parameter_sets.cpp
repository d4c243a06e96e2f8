// SPDX-License-Identifier: BSD-2-Clause
// Input: one byte that says whether there is a scaling matrix, then the three controls.
#include "bitstream/h264_parameter_sets.h"

#include "fuzz/fuzz_input.h"
#include "support/h264/nal_unit.h"

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using daedalus::fuzz::require;
    daedalus::fuzz::FuzzInput input(data, size);
    const bool has_matrix = (input.take<std::uint8_t>() & 1) != 0;
    const auto sps = input.take<v4l2_ctrl_h264_sps>();
    const auto pps = input.take<v4l2_ctrl_h264_pps>();
    const auto matrix = input.take<v4l2_ctrl_h264_scaling_matrix>();
    const auto bytes = daedalus::bitstream::h264_parameter_sets(sps, pps, has_matrix ? &matrix : nullptr);
    if (bytes) {
        require(bytes->size() < std::size_t{5} * 1024);
        require(daedalus::test::h264::split_nal_units(*bytes).size() == 2);
    } else {
        require(!bytes.error().message.empty());
    }
    return 0;
}
