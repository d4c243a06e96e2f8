// SPDX-License-Identifier: BSD-2-Clause
#include "unit/bitstream/av_decoder.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "support/md5.h"

extern "C" {
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
}

namespace daedalus::test {
namespace {

/// Frames that the decoder may still write to: the one that a second field completes.
constexpr std::size_t unfinished = 2;

std::string describe(const AVFrame& frame) {
    const auto format = static_cast<AVPixelFormat>(frame.format);
    const AVPixFmtDescriptor* description = av_pix_fmt_desc_get(format);
    const std::size_t bytes_per_sample = description->comp[0].depth > 8 ? 2 : 1;
    Md5 digest;
    for (int plane = 0; plane < av_pix_fmt_count_planes(format); ++plane) {
        const int width = plane > 0 ? AV_CEIL_RSHIFT(frame.width, description->log2_chroma_w) : frame.width;
        const int height =
            plane > 0 ? AV_CEIL_RSHIFT(frame.height, description->log2_chroma_h) : frame.height;
        for (int y = 0; y < height; ++y)
            digest.update({frame.data[plane] + static_cast<std::ptrdiff_t>(y) * frame.linesize[plane],
                           static_cast<std::size_t>(width) * bytes_per_sample});
    }
    // Without VUI a full-range stream is called yuv420p instead of yuvj420p.
    return std::to_string(frame.width) + "x" + std::to_string(frame.height) + " " +
           std::to_string(description->comp[0].depth) + " bit " + digest.finish();
}

} // namespace

AvDecoder::AvDecoder(AVCodecID codec) {
    av_log_set_level(AV_LOG_QUIET);
    const AVCodec* decoder = avcodec_find_decoder(codec);
    context_ = avcodec_alloc_context3(decoder);
    context_->opaque = this;
    context_->get_buffer2 = get_buffer;
    context_->thread_count = 1;
    context_->flags |= AV_CODEC_FLAG_OUTPUT_CORRUPT;
    if (avcodec_open2(context_, decoder, nullptr) < 0)
        std::abort();
}

AvDecoder::~AvDecoder() {
    avcodec_free_context(&context_);
}

int AvDecoder::get_buffer(AVCodecContext* context, AVFrame* frame, int flags) {
    const int result = avcodec_default_get_buffer2(context, frame, flags);
    if (result < 0)
        return result;
    // Concealment may leave parts of a buffer alone, and the two decoders' buffers are not the same.
    for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i] != nullptr; ++i)
        std::fill_n(frame->buf[i]->data, frame->buf[i]->size, std::uint8_t{0});
    Frame copy(av_frame_alloc());
    if (av_frame_ref(copy.get(), frame) < 0)
        return AVERROR(ENOMEM);
    static_cast<AvDecoder*>(context->opaque)->frames_.push_back(std::move(copy));
    return 0;
}

void AvDecoder::drop_output() {
    const Frame frame(av_frame_alloc());
    while (avcodec_receive_frame(context_, frame.get()) >= 0)
        av_frame_unref(frame.get());
}

void AvDecoder::describe_all_but(std::size_t count) {
    for (; frames_.size() > count; frames_.pop_front())
        descriptions_.push_back(describe(*frames_.front()));
}

void AvDecoder::decode(std::span<const std::uint8_t> data) {
    AVPacket* packet = av_packet_alloc();
    if (av_new_packet(packet, static_cast<int>(data.size())) < 0)
        std::abort();
    std::ranges::copy(data, packet->data);
    avcodec_send_packet(context_, packet); // what it refuses it decodes not, and that shows
    av_packet_free(&packet);
    drop_output();
    describe_all_but(unfinished);
}

std::vector<std::string> AvDecoder::finish() {
    avcodec_send_packet(context_, nullptr);
    drop_output();
    describe_all_but(0);
    return std::move(descriptions_);
}

std::vector<std::vector<std::uint8_t>> AvDecoder::split(AVCodecID codec,
                                                        std::span<const std::uint8_t> stream) {
    AVCodecContext* context = avcodec_alloc_context3(avcodec_find_decoder(codec));
    AVCodecParserContext* parser = av_parser_init(codec);
    std::vector<std::uint8_t> padded(stream.begin(), stream.end());
    padded.resize(stream.size() + AV_INPUT_BUFFER_PADDING_SIZE);
    std::span<const std::uint8_t> left = std::span<const std::uint8_t>(padded).first(stream.size());
    std::vector<std::vector<std::uint8_t>> pictures;
    for (bool more = true; more;) {
        more = !left.empty(); // once more without data, to flush
        std::uint8_t* out = nullptr;
        int size = 0;
        const int used = av_parser_parse2(parser, context, &out, &size, left.data(),
                                          static_cast<int>(left.size()), AV_NOPTS_VALUE, AV_NOPTS_VALUE, 0);
        left = left.subspan(static_cast<std::size_t>(used));
        if (size > 0)
            pictures.emplace_back(out, out + size);
    }
    av_parser_close(parser);
    avcodec_free_context(&context);
    return pictures;
}

} // namespace daedalus::test
