// SPDX-License-Identifier: BSD-2-Clause
// MPEG-2: slices from the client, headers rebuilt from the controls.
#pragma once

#include "decoder/front_end.h"

#include <linux/v4l2-controls.h>

#include <optional>

namespace daedalus::decoder {

class Mpeg2FrontEnd final : public FrontEnd {
  public:
    [[nodiscard]] AVCodecID codec_id() const override { return AV_CODEC_ID_MPEG2VIDEO; }
    [[nodiscard]] PreparedPacket prepare(const bridge::DecodeMessage& message, Field open) override;
    /// libavcodec has no frame threads for MPEG-2, so nothing is ever to be pushed out.
    [[nodiscard]] std::span<const std::uint8_t> filler() const override { return {}; }
    void reset() override;
    /// libavcodec makes references up when there are none, after it asked for the picture's own memory.
    [[nodiscard]] bool first_memory_is_the_picture() const override { return true; }
    [[nodiscard]] bool keeps_line_length() const override { return true; }

  private:
    std::optional<v4l2_ctrl_mpeg2_sequence> sequence_; ///< that the decoder saw last
    bool intra_field_ = false; ///< the picture before was the first field of a frame, and an I picture
};

} // namespace daedalus::decoder
