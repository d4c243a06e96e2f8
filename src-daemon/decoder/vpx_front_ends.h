// SPDX-License-Identifier: BSD-2-Clause
// VP8 and VP9: clients send whole frames with their headers, which pass through as they are.
#pragma once

#include "decoder/front_end.h"

#include <array>

namespace daedalus::decoder {

class Vp8FrontEnd final : public FrontEnd {
  public:
    [[nodiscard]] AVCodecID codec_id() const override { return AV_CODEC_ID_VP8; }
    [[nodiscard]] PreparedPacket prepare(const bridge::DecodeMessage& message, Field open) override;
    [[nodiscard]] std::span<const std::uint8_t> filler() const override { return {}; }
    /// With frame threads libavcodec 61 decodes some streams (vp80-02-inter-1412) differently now and then.
    [[nodiscard]] bool frame_threads() const override { return false; }
    void reset() override {}
};

class Vp9FrontEnd final : public FrontEnd {
  public:
    [[nodiscard]] AVCodecID codec_id() const override { return AV_CODEC_ID_VP9; }
    [[nodiscard]] PreparedPacket prepare(const bridge::DecodeMessage& message, Field open) override;
    [[nodiscard]] std::span<const std::uint8_t> filler() const override { return filler_; }
    /// A packet's references are copied to the next thread's when its headers have been read.
    [[nodiscard]] bool loses_references_with_errors() const override { return true; }
    void reset() override { filled_ = 0; }

  private:
    std::uint8_t filled_ = 0;                  ///< slots that hold a picture, a bit for each
    std::array<std::uint8_t, 1> filler_{0x88}; ///< shows a slot again; until one is known, the first
};

} // namespace daedalus::decoder
