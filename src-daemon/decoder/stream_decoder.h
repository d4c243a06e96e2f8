// SPDX-License-Identifier: BSD-2-Clause
// Decodes a stream as it is, in display order: libavcodec as everyone uses it. What a stateful session needs;
// a stateless one has decoder.h.
#pragma once

#include "bitstream/stream_units.h"
#include "bridge/messages.h"
#include "daedalus/protocol.h"
#include "decoder/avcodec_library.h"
#include "decoder/decoder.h"
#include "decoder/front_end.h"
#include "decoder/picture.h"
#include "util/error.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daedalus::decoder {

/// The next picture to show.
struct StreamPicture {
    Picture picture;
    daedalus_stream stream = {}; ///< what the stream is at this picture
    std::uint64_t cookie = 0;    ///< of the input that it came in
    std::uint64_t timestamp = 0; ///< of that input
    bool key = false;
    bool damaged = false; ///< parts of it are guessed
};

/// Not thread safe; runs threads of its own.
class StreamDecoder {
  public:
    /// Loads libavcodec, opens the decoder and starts its threads. Nothing is loaded or started later.
    static util::Result<std::unique_ptr<StreamDecoder>> open(daedalus_codec codec,
                                                             const DecoderOptions& options);
    StreamDecoder(const StreamDecoder&) = delete;
    StreamDecoder& operator=(const StreamDecoder&) = delete;
    ~StreamDecoder();

    /// Takes a piece of the stream in, which may be as long as an older picture needs to be finished. Every
    /// picture has been received before. Returns whether one may come of it. An error is about what could not
    /// be decoded, and no reason to stop. `piece` is what has been found in the input.
    util::Result<bool> send(const bridge::InputMessage& input, const bitstream::Piece& piece,
                            const std::shared_ptr<const void>& memory);

    /// The next picture in display order, or nothing until more is sent.
    std::optional<StreamPicture> receive();

    /// What the stream is as far as its headers tell: known before a picture comes out of reordering, once
    /// nothing is held back. What a picture says may be better.
    [[nodiscard]] std::optional<daedalus_stream> stream() const;

    /// Whether pictures come that no client can be given, of other samples than 4:2:0 or larger than is
    /// allowed: then receive() leaves them out.
    [[nodiscard]] bool refuses() const { return refuses_; }

    /// What libavcodec calls the profile of what it decodes ("High"); empty if it does not say. Never freed.
    [[nodiscard]] std::string_view profile() const;

    /// Nothing more will be sent: receive() now returns every picture there is. flush() before going on.
    void drain();

    /// Whether pictures are held back that need not be, because the decoder's threads wait for more.
    /// Not told of pictures that may come as two fields, between which nothing must be pushed.
    [[nodiscard]] bool holds_back() const { return behind_ > 0 && !draining_ && !interlaced_; }

    /// Pushes the threads on by one picture, without harm to the stream. Only while holds_back(), and when
    /// every picture has been received that is there: libavcodec has room for one, and takes nothing in
    /// behind it.
    void push_out();

    /// Drops everything but the parameter sets of the stream, those that still wait for their picture as
    /// well.
    void flush();

    /// What was sent ahead of a picture that has not come, for other pictures to be sent before it; and back.
    [[nodiscard]] std::vector<std::byte> take_headers() { return std::exchange(headers_, {}); }
    void put_headers(std::vector<std::byte> headers) { headers_ = std::move(headers); }

    [[nodiscard]] unsigned threads() const;
    /// For the log: "libavcodec 59.37, 2 frame threads".
    [[nodiscard]] std::string description() const;

  private:
    /// What is remembered of an input until its picture comes.
    struct Source {
        std::int64_t id;
        std::uint64_t cookie;
        std::uint64_t timestamp;
    };

    StreamDecoder(const AvcodecLibrary& library, daedalus_codec codec) : library_(library), codec_(codec) {}
    util::Result<void> start(const DecoderOptions& options);
    int send_packet(std::span<const std::byte> bytes, const std::shared_ptr<const void>& memory,
                    std::int64_t id);
    std::optional<StreamPicture> convert(AVFrame& frame);
    [[nodiscard]] bool is_allowed(int width, int height) const;

    const AvcodecLibrary& library_;
    const daedalus_codec codec_;
    std::unique_ptr<FrontEnd> front_end_; ///< for its filler; none for codecs that need none
    AVCodecContext* context_ = nullptr;
    AVPacket* packet_ = nullptr;
    std::uint32_t max_width_ = 0;
    std::uint32_t max_height_ = 0;
    unsigned delay_ = 0;   ///< packets that frame threads hold back
    unsigned behind_ = 0;  ///< packets that have to follow the last picture until it comes out
    bool started_ = false; ///< a picture was sent since the last flush()
    bool draining_ = false;
    bool refuses_ = false;           ///< the last picture, since the last flush()
    bool interlaced_ = false;        ///< pictures were, since the last flush()
    std::vector<std::byte> headers_; ///< sent ahead of the picture that they belong to
    std::int64_t next_id_ = 0;
    std::deque<Source> sources_; ///< the oldest first
};

/// Whether StreamDecoder can decode it; the error says what is missing.
util::Result<void> check_stream_codec(daedalus_codec codec);

} // namespace daedalus::decoder
