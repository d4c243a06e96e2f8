// SPDX-License-Identifier: BSD-2-Clause
#include "bench/library_decode.h"

#include "bench/check.h"
#include "decoder/avcodec_library.h"
#include "decoder/front_end.h"
#ifdef DAEDALUS_HAVE_AV1
#include "decoder/dav1d_library.h"
#endif

#include <algorithm>

namespace daedalus::bench {
namespace {

void keep(void* /*opaque*/, std::uint8_t* /*data*/) {}

class Avcodec final : public LibraryDecode {
  public:
    Avcodec(const Clip& clip, unsigned threads)
        : clip_(clip), library_(*check(decoder::load_avcodec())), frame_(library_.frame_alloc()),
          packet_(library_.packet_alloc()) {
        const AVCodec* codec = library_.find_decoder(decoder::make_front_end(clip.codec)->codec_id());
        context_ = library_.alloc_context(codec);
        if (!frame_ || !packet_ || !context_)
            throw std::runtime_error("out of memory for a decoder");
        context_->thread_count = static_cast<int>(threads);
        if (!clip.headers.empty()) {
            context_->extradata = bytes_of(clip.headers);
            context_->extradata_size = static_cast<int>(clip.headers.size()) - AV_INPUT_BUFFER_PADDING_SIZE;
        }
        if (const int error = library_.open(context_, codec, nullptr); error < 0)
            throw std::runtime_error("cannot open the decoder: " + library_.error_text(error));
    }
    ~Avcodec() override {
        context_->extradata = nullptr; // is the clip's
        library_.free_context(&context_);
        library_.frame_free(&frame_);
        library_.packet_free(&packet_);
    }

    void decode(std::vector<Clock::duration>& times) override {
        std::size_t pictures = 0;
        for (const Packet& bytes : clip_.packets) {
            const auto begin = Clock::now();
            const auto padded = bytes.padded();
            packet_->buf = library_.buffer_create(bytes_of(padded), padded.size(), keep, nullptr,
                                                  AV_BUFFER_FLAG_READONLY);
            packet_->data = bytes_of(padded);
            packet_->size = static_cast<int>(bytes.bytes().size());
            send(packet_);
            library_.packet_unref(packet_);
            pictures += receive();
            times.push_back(Clock::now() - begin);
        }
        send(nullptr); // the end: the rest comes out
        pictures += receive();
        library_.flush_buffers(context_);
        if (pictures != clip_.packets.size())
            throw std::runtime_error("the library decoded " + std::to_string(pictures) + " pictures of " +
                                     std::to_string(clip_.packets.size()));
    }

  private:
    /// libavcodec never writes into a packet, whatever the types say.
    static std::uint8_t* bytes_of(std::span<const std::byte> bytes) {
        return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(bytes.data()));
    }
    void send(const AVPacket* packet) {
        if (const int error = library_.send_packet(context_, packet); error < 0)
            throw std::runtime_error("the library refused a packet: " + library_.error_text(error));
    }
    std::size_t receive() {
        std::size_t pictures = 0;
        for (; library_.receive_frame(context_, frame_) >= 0; pictures++)
            library_.frame_unref(frame_);
        return pictures;
    }

    const Clip& clip_;
    const decoder::AvcodecLibrary& library_;
    AVCodecContext* context_ = nullptr;
    AVFrame* frame_;
    AVPacket* packet_;
};

#ifdef DAEDALUS_HAVE_AV1
class Dav1d final : public LibraryDecode {
  public:
    Dav1d(const Clip& clip, unsigned threads) : clip_(clip), library_(*check(decoder::load_dav1d())) {
        Dav1dSettings settings;
        library_.default_settings(&settings);
        settings.n_threads = static_cast<int>(threads);
        settings.logger = {nullptr, nullptr};
        if (library_.open(&context_, &settings) < 0)
            throw std::runtime_error("cannot open the AV1 decoder");
    }
    ~Dav1d() override { library_.close(&context_); }

    void decode(std::vector<Clock::duration>& times) override {
        std::size_t pictures = 0;
        for (const Packet& bytes : clip_.packets) {
            const auto begin = Clock::now();
            Dav1dData data = {};
            std::uint8_t* room = library_.data_create(&data, bytes.bytes().size());
            if (!room)
                throw std::runtime_error("out of memory for a packet");
            std::ranges::copy(bytes.bytes(), reinterpret_cast<std::byte*>(room));
            while (data.sz > 0) {
                const int result = library_.send_data(context_, &data);
                if (result < 0 && result != DAV1D_ERR(EAGAIN))
                    throw std::runtime_error("the library refused a packet");
                pictures += receive();
            }
            times.push_back(Clock::now() - begin);
        }
        while (receive() > 0)
            pictures++;
        if (pictures != clip_.packets.size())
            throw std::runtime_error("the library decoded " + std::to_string(pictures) + " pictures of " +
                                     std::to_string(clip_.packets.size()));
    }

  private:
    /// The next picture, if there is one.
    std::size_t receive() {
        Dav1dPicture picture = {};
        const int result = library_.get_picture(context_, &picture);
        if (result < 0)
            return 0;
        library_.picture_unref(&picture);
        return 1;
    }

    const Clip& clip_;
    const decoder::Dav1dLibrary& library_;
    Dav1dContext* context_ = nullptr;
};
#endif

} // namespace

std::unique_ptr<LibraryDecode> open_library(const Clip& clip, unsigned threads) {
#ifdef DAEDALUS_HAVE_AV1
    if (clip.codec == DAEDALUS_CODEC_AV1)
        return std::make_unique<Dav1d>(clip, threads);
#endif
    return std::make_unique<Avcodec>(clip, threads);
}

} // namespace daedalus::bench
