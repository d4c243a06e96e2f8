// SPDX-License-Identifier: BSD-2-Clause
// AV1 with libdav1d, in decode order.
//
// dav1d is told to return hidden frames and all layers, so that every request gives one picture, in order.
// With frame threads a picture comes when later ones have been sent, or when it is asked for again without
// new data.
#pragma once

#include "bitstream/av1_stream_writer.h"
#include "decoder/dav1d_library.h"
#include "decoder/decoder.h"
#include "decoder/frame_pool.h"
#include "decoder/reference_tracker.h"

#include <deque>
#include <memory>
#include <span>

namespace daedalus::decoder {

class Dav1dDecoder final : public Decoder {
  public:
    /// Opens the decoder and starts its threads.
    static util::Result<std::unique_ptr<Dav1dDecoder>> open(const Dav1dLibrary& library,
                                                            const DecoderOptions& options);
    ~Dav1dDecoder() override;

    void submit(Job job) override;
    std::optional<FinishedJob> take_finished() override;
    [[nodiscard]] std::size_t pending() const override { return jobs_.size(); }
    void push_out() override;
    void flush() override;
    void retire(std::uint64_t buffer) override;
    [[nodiscard]] unsigned threads() const override { return threads_; }
    [[nodiscard]] std::string description() const override;

  private:
    struct Tracked {
        std::int64_t id = 0; ///< the timestamp that dav1d hands from data to picture
        bridge::DecodeMessage message;
        bool done = false;
        bool has_stale = false; ///< a slot that it refers to could not be filled again
        std::vector<std::uint64_t> references;
        std::vector<std::uint64_t> retired; ///< buffers freed behind it
        daedalus_status status = DAEDALUS_STATUS_OK;
        std::string reason;
        std::optional<ClientMemory> client; ///< until a picture is decoded there
        std::optional<Picture> picture;
    };

    Dav1dDecoder(const Dav1dLibrary& library, const DecoderOptions& options);

    /// Makes the job's data; false: it is refused, and done.
    bool prepare(Tracked& job, bitstream::Av1TemporalUnit& unit);
    bool send(std::span<const std::uint8_t> data, std::int64_t id);
    /// Takes the next picture if there is one; asked twice without new data, dav1d waits for it.
    bool receive();
    void picture_came(Dav1dPicture& picture);
    util::Result<Picture> finish(Tracked& job, Dav1dPicture& picture);
    void judge(Tracked& job);
    util::Result<std::shared_ptr<FrameMemory>> take_memory(const FrameShape& shape);

    static int allocate_picture(Dav1dPicture* picture, void* cookie);
    static void release_picture(Dav1dPicture* picture, void* cookie);

    const Dav1dLibrary& library_;
    const DecoderOptions options_;
    unsigned threads_;
    bitstream::Av1StreamWriter writer_;
    FramePool pool_;
    ReferenceTracker references_;
    Dav1dContext* context_ = nullptr;
    std::int64_t next_id_ = 0;
    std::deque<Tracked> jobs_;
    /// Where the next memory that dav1d asks for may be, which it does in calls of ours. Null: in the pool.
    std::optional<ClientMemory>* client_ = nullptr;
};

} // namespace daedalus::decoder
