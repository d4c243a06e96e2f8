// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace daedalus::test::h264 {

/** nal_unit_type (H.264 table 7-1), as far as a decoder of one layer needs it. */
enum class NalType : uint8_t {
    slice = 1,
    partition_a = 2,
    partition_b = 3,
    partition_c = 4,
    idr_slice = 5,
    sps = 7,
    pps = 8,
    end_of_sequence = 10,
};

/** One NAL unit of an Annex B byte stream; the bytes belong to the stream. */
struct NalUnit {
    NalType type{};
    uint8_t ref_idc = 0;
    std::span<const uint8_t> bytes; ///< header byte included, start code and trailing zeros not

    std::span<const uint8_t> payload() const { return bytes.subspan(1); }
};

/**
 * Splits an Annex B byte stream (H.264 B.1). Empty NAL units and those with
 * forbidden_zero_bit are left out.
 */
std::vector<NalUnit> split_nal_units(std::span<const uint8_t> stream);

} // namespace daedalus::test::h264
