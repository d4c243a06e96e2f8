// SPDX-License-Identifier: BSD-2-Clause
// What happens to a request in front of libavcodec: header checks and rebuilt headers of H.264, VP8, VP9 and
// MPEG-2.
// Input: a byte with the codec, then requests. Each is a byte of which one bit says that the decoder forgets
// everything before it, and the others which field its buffer has, its controls (request_input.h), two bytes
// with the length of the bitstream, and that.
#include "bitstream/h264_slice_header.h"
#include "bitstream/stream_units.h"
#include "decoder/front_end.h"
#include "decoder/h264_slices.h"
#include "fuzz/request_input.h"

#include <linux/videodev2.h>

#include <array>
#include <vector>

namespace {

using namespace daedalus;
using fuzz::require;

constexpr std::size_t most_headers = std::size_t{8} * 1024;
constexpr std::size_t most_references = V4L2_H264_NUM_DPB_ENTRIES;

void check(const decoder::PreparedPacket& packet) {
    if (packet.status != DAEDALUS_STATUS_OK) {
        require(packet.status <= DAEDALUS_STATUS_INTERNAL && !packet.reason.empty());
        return;
    }
    require(packet.prefix.size() < most_headers && packet.references.size() <= most_references);
}

} // namespace

// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer's name
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::FuzzInput input(data, size);
    const auto codec = fuzz::take_codec(input);
    const auto front_end = decoder::make_front_end(codec);
    if (!front_end)
        return 0;
    for (std::uint64_t number = 0; !input.empty(); number++) {
        const auto choice = input.take<std::uint8_t>();
        if ((choice & 1) != 0)
            front_end->reset();
        constexpr std::array open = {decoder::Field::both, decoder::Field::top, decoder::Field::bottom};
        const fuzz::RequestControls controls(input, codec);
        const auto bytes = std::as_bytes(input.bytes(input.take<std::uint16_t>()));
        // Of exactly this size, so that whoever reads on is found out.
        std::vector<std::byte> bitstream(bytes.begin(), bytes.end());
        check(front_end->prepare({.cookie = number + 1,
                                  .timestamp = number,
                                  .dst_buffer = 1,
                                  .controls = controls.set(),
                                  .bitstream = bitstream},
                                 open[choice / 2 % open.size()]));
        const auto slices = decoder::scan_h264_slices(bitstream);
        require(slices.any || !slices.inter);
        (void)bitstream::h264_slice_pps_id(bitstream);
        (void)bitstream::examine(codec, bitstream);
    }
    return 0;
}
