// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

extern "C" {
#include <libavcodec/avcodec.h>
}

namespace daedalus::test {

/// A decoder of libavcodec with one thread that tells what it decoded in decoding order: the contents of each
/// buffer that it asked for, whether it gives the picture out or not.
class AvDecoder {
  public:
    explicit AvDecoder(AVCodecID codec);
    ~AvDecoder();
    AvDecoder(const AvDecoder&) = delete;
    AvDecoder& operator=(const AvDecoder&) = delete;

    /// Decodes one picture's bytes, headers and all.
    void decode(std::span<const std::uint8_t> data);

    /// Ends the stream. Returns a line for each frame: its coded size, format and the digest of its samples.
    std::vector<std::string> finish();

    /// Cuts a stream at its pictures with libavcodec's own parser.
    static std::vector<std::vector<std::uint8_t>> split(AVCodecID codec,
                                                        std::span<const std::uint8_t> stream);

  private:
    struct FreeFrame {
        void operator()(AVFrame* frame) const { av_frame_free(&frame); }
    };
    using Frame = std::unique_ptr<AVFrame, FreeFrame>;

    static int get_buffer(AVCodecContext* context, AVFrame* frame, int flags);
    void describe_all_but(std::size_t count);
    void drop_output();

    AVCodecContext* context_;
    std::deque<Frame> frames_; // not described yet
    std::vector<std::string> descriptions_;
};

} // namespace daedalus::test
