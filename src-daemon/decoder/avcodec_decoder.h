// SPDX-License-Identifier: BSD-2-Clause
// Decoding with libavcodec, in decode order.
//
// libavcodec returns pictures in display order, late, or not at all. Here its output is thrown away: pictures
// are taken from the memory that it asked us for, once the packet they belong to is decoded. With one thread
// that is when the packet has been sent; with N frame threads, when N - 1 more have been. Packets that decode
// to nothing push the last ones out when the client has nothing more to give.
//
// Such a packet must not come between the fields of a frame, since libavcodec's H.264 decoder would apply the
// first field's marking commands twice. Streams that may have fields get a context of one thread.
#pragma once

#include "decoder/avcodec_log.h"
#include "decoder/decoder.h"
#include "decoder/frame_pool.h"
#include "decoder/front_end.h"
#include "decoder/reference_tracker.h"
#include "util/recycled_memory.h"

#include <deque>
#include <mutex>

namespace daedalus::decoder {

class AvcodecDecoder final : public Decoder, private AvcodecLogListener {
  public:
    /// Opens the decoder and starts its threads.
    static util::Result<std::unique_ptr<AvcodecDecoder>>
    open(const AvcodecLibrary& library, std::unique_ptr<FrontEnd> front_end, const DecoderOptions& options);
    ~AvcodecDecoder() override;

    void submit(Job job) override;
    std::optional<FinishedJob> take_finished() override;
    [[nodiscard]] std::size_t pending() const override;
    void push_out() override;
    void flush() override;
    void retire(std::uint64_t buffer) override;
    [[nodiscard]] unsigned threads() const override;
    [[nodiscard]] std::string description() const override;

  private:
    /// A job inside the decoder.
    struct Tracked {
        std::int64_t id = 0; ///< the pts of its packet
        bridge::DecodeMessage message;
        std::uint64_t packet = 0; ///< number of its packet, from 0, counting fillers
        std::uint64_t last = 0;   ///< number of the packet whose sending finishes it
        bool sent = false;        ///< false: refused before decoding
        bool failed = false;      ///< libavcodec returned an error for the packet
        std::pmr::vector<std::uint64_t> references{util::recycled_memory()};
        std::pmr::vector<std::uint64_t> retired{util::recycled_memory()}; ///< buffers freed behind it
        Field field = Field::both;
        bool second_field = false;
        daedalus_status status = DAEDALUS_STATUS_OK;
        std::string reason;
        std::optional<ClientMemory> client; ///< for the first memory that is asked for
        std::optional<Picture> picture;     ///< the last memory that was asked for it
    };

    AvcodecDecoder(const AvcodecLibrary& library, std::unique_ptr<FrontEnd> front_end,
                   const DecoderOptions& options);

    /// A decoder's context and how many packets must follow one before it is finished.
    struct Context {
        AVCodecContext* codec = nullptr;
        unsigned delay = 0;
    };

    util::Result<void> start(unsigned threads);
    util::Result<Context> open_context(const AVCodec* codec, unsigned threads);
    /// The request that was submitted last, whether it is still inside or not.
    struct Last {
        std::uint64_t buffer = 0;
        Field open = Field::both; ///< that its buffer has of a frame so far; Field::both: no half of one
    };

    /// Chooses the context for a packet before which nothing matters; true if it is not the one before.
    bool choose_context(const PreparedPacket& packet);
    [[nodiscard]] bool finished(const Tracked& job) const;
    [[nodiscard]] Tracked* find(std::int64_t id);
    static void worsen(Tracked& job, daedalus_status status, std::string reason);
    void judge(Tracked& job);
    void send(std::span<const std::uint8_t> prefix, std::span<const std::byte> data,
              const std::shared_ptr<const void>& memory, std::int64_t id);
    void drain_output();
    void note_error(int error);

    static int allocate_picture(AVCodecContext* context, AVFrame* frame, int flags);
    int allocate(AVCodecContext* context, AVFrame* frame);
    util::Result<std::shared_ptr<FrameMemory>> take_memory(std::int64_t id, FrameShape shape,
                                                           std::uint32_t written);
    void picture_concealed(std::int64_t id) override;

    const AvcodecLibrary& library_;
    std::unique_ptr<FrontEnd> front_end_;
    const DecoderOptions options_;
    FramePool pool_;
    ReferenceTracker references_;

    Context parallel_; ///< as many threads as are wanted
    Context serial_;   ///< one thread, for streams that may have fields; the same if that is what is wanted
    Context active_;   ///< one of them
    AVFrame* scratch_ = nullptr;
    AVPacket* packet_ = nullptr;
    bool fresh_ = true; ///< nothing was sent since the last flush
    Last last_;
    std::uint64_t packets_ = 0; ///< sent so far
    std::int64_t next_id_ = 0;

    mutable std::mutex mutex_; ///< guards jobs_, which decoder threads look at when they ask for memory
    std::pmr::deque<Tracked> jobs_{util::recycled_memory()};
    std::optional<Picture> previous_picture_; ///< of the job taken last
    /// Of all memory since the last flush or change of size: H.264 and VP8 decoders take the line lengths of
    /// the references to be those of the picture.
    FrameShape shape_;
};

} // namespace daedalus::decoder
