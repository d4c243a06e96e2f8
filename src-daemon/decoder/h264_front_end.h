// SPDX-License-Identifier: BSD-2-Clause
// H.264: slices in Annex B form, parameter sets rebuilt from the controls.
#pragma once

#include "decoder/front_end.h"

#include <linux/v4l2-controls.h>

#include <optional>

namespace daedalus::decoder {

class H264FrontEnd final : public FrontEnd {
  public:
    [[nodiscard]] AVCodecID codec_id() const override { return AV_CODEC_ID_H264; }
    [[nodiscard]] PreparedPacket prepare(const bridge::DecodeMessage& message, Field open) override;
    [[nodiscard]] std::span<const std::uint8_t> filler() const override;
    [[nodiscard]] bool may_have_fields() const override { return true; }
    void reset() override;

  private:
    // The parameter sets that the decoder saw last, and the controls they were made from: what a picture has
    // in common with the one before it is neither rebuilt nor sent again.
    std::vector<std::uint8_t> sent_;
    std::optional<v4l2_ctrl_h264_sps> sps_;
    std::optional<v4l2_ctrl_h264_pps> pps_;
    std::optional<v4l2_ctrl_h264_scaling_matrix> scaling_;
    std::optional<std::int32_t> intra_order_; ///< PicOrderCnt of the last I picture
};

} // namespace daedalus::decoder
