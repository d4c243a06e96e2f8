// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/stream_decoder.h"

#include "decoder/avcodec_log.h"
#include "decoder/avcodec_memory.h"
#include "decoder/colorimetry.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace daedalus::decoder {
namespace {

constexpr std::int64_t no_source = -1; // the pts of fillers
// More inputs than any codec reorders, in frames or in fields.
constexpr std::size_t max_sources = 128;
// Parameter sets are a few hundred bytes; who sends more of what is no picture sends rubbish.
constexpr std::size_t max_headers = std::size_t{1} << 20;
constexpr std::uint32_t block = 16; // pictures are coded in blocks of this size

std::optional<AVCodecID> codec_id(daedalus_codec codec) {
    switch (codec) {
    case DAEDALUS_CODEC_H264:
        return AV_CODEC_ID_H264;
    case DAEDALUS_CODEC_VP9:
        return AV_CODEC_ID_VP9;
    case DAEDALUS_CODEC_AV1:
        return AV_CODEC_ID_AV1; // libdav1d, which libavcodec prefers to its own
    case DAEDALUS_CODEC_VP8:
        return AV_CODEC_ID_VP8;
    case DAEDALUS_CODEC_MPEG2:
        return AV_CODEC_ID_MPEG2VIDEO;
    case DAEDALUS_CODEC_MPEG4:
        return AV_CODEC_ID_MPEG4;
    case DAEDALUS_CODEC_H263:
        return AV_CODEC_ID_H263;
    case DAEDALUS_CODEC_COUNT:
        break;
    }
    return std::nullopt;
}

std::uint32_t round_up(std::uint32_t value) {
    return (value + block - 1) / block * block;
}

bool is_key(const AVFrame& frame) {
#ifdef AV_FRAME_FLAG_KEY
    return (frame.flags & AV_FRAME_FLAG_KEY) != 0;
#else
    return frame.key_frame != 0;
#endif
}

bool is_interlaced(const AVFrame& frame) {
#ifdef AV_FRAME_FLAG_INTERLACED
    return (frame.flags & AV_FRAME_FLAG_INTERLACED) != 0;
#else
    return frame.interlaced_frame != 0;
#endif
}

/// `source`: a frame, or the decoder itself, which have these fields in common.
template <typename Source>
daedalus_stream describe(const Source& source, SampleFormat format) {
    const Colorimetry colors = colorimetry(source.color_primaries, source.color_trc, source.colorspace,
                                           source.color_range, source.height);
    daedalus_stream stream = {};
    stream.width = static_cast<std::uint32_t>(source.width);
    stream.height = static_cast<std::uint32_t>(source.height);
    stream.coded_width = round_up(stream.width);
    stream.coded_height = round_up(stream.height);
    stream.bit_depth = bytes_per_sample(format) == 1 ? 8 : 10;
    stream.colorspace = colors.colorspace;
    stream.xfer_func = colors.xfer_func;
    stream.ycbcr_enc = colors.ycbcr_enc;
    stream.quantization = colors.quantization;
    const AVRational aspect = source.sample_aspect_ratio;
    constexpr int most = 65535;
    const bool known = aspect.num > 0 && aspect.den > 0 && aspect.num <= most && aspect.den <= most;
    stream.pixel_width = known ? static_cast<std::uint32_t>(aspect.num) : 1;
    stream.pixel_height = known ? static_cast<std::uint32_t>(aspect.den) : 1;
    return stream;
}

} // namespace

util::Result<void> check_stream_codec(daedalus_codec codec) {
    const auto id = codec_id(codec);
    if (!id)
        return util::fail(ENOTSUP, "not decoded by this build");
    const auto library = load_avcodec();
    if (!library)
        return std::unexpected(library.error());
    if (!(*library)->find_decoder(*id))
        return util::fail(ENOENT, (*library)->version_text() + " was built without this decoder");
    return {};
}

util::Result<std::unique_ptr<StreamDecoder>> StreamDecoder::open(daedalus_codec codec,
                                                                 const DecoderOptions& options) {
    if (auto checked = check_stream_codec(codec); !checked)
        return std::unexpected(std::move(checked.error()));
    std::unique_ptr<StreamDecoder> decoder(new StreamDecoder(**load_avcodec(), codec));
    if (auto started = decoder->start(options); !started)
        return std::unexpected(std::move(started.error()));
    return decoder;
}

util::Result<void> StreamDecoder::start(const DecoderOptions& options) {
    install_avcodec_log(library_);
    const AVCodec* codec = library_.find_decoder(codec_id(codec_).value_or(AV_CODEC_ID_NONE));
    context_ = library_.alloc_context(codec);
    packet_ = library_.packet_alloc();
    if (!context_ || !packet_)
        return util::fail(ENOMEM, "out of memory for a decoder");
    context_->thread_count = static_cast<int>(effective_threads(options));
    front_end_ = make_front_end(codec_);
    // Without a filler nothing pushes frames out of threads.
    const bool frames = front_end_ && front_end_->frame_threads();
    context_->thread_type = FF_THREAD_SLICE | (frames ? FF_THREAD_FRAME : 0);
    // AV1: dav1d chooses its threads itself, and holds pictures back for those that work on other frames.
    if (codec_ == DAEDALUS_CODEC_AV1)
        context_->flags |= AV_CODEC_FLAG_LOW_DELAY;
    context_->max_pixels = std::int64_t{options.max_width} * options.max_height;
    max_width_ = options.max_width;
    max_height_ = options.max_height;
    context_->err_recognition = 0;
    context_->error_concealment = FF_EC_GUESS_MVS | FF_EC_DEBLOCK;
    // Pictures are cropped to the very sample: nothing here needs their lines to begin aligned.
    context_->flags |= AV_CODEC_FLAG_UNALIGNED;
    // H.264: streams that do not tell how far they reorder are believed to do it as far as their level lets
    // them. Else libavcodec learns it from pictures that it then leaves out.
    context_->strict_std_compliance = FF_COMPLIANCE_STRICT;
    if (const int error = library_.open(context_, codec, nullptr); error < 0)
        return util::fail(EIO, "cannot open the decoder: " + library_.error_text(error));
    if (front_end_ && (context_->active_thread_type & FF_THREAD_FRAME) != 0)
        delay_ = static_cast<unsigned>(context_->thread_count) - 1;
    return {};
}

StreamDecoder::~StreamDecoder() {
    library_.free_context(&context_);
    library_.packet_free(&packet_);
}

std::string_view StreamDecoder::profile() const {
    const char* name = library_.profile_name(context_->codec_id, context_->profile);
    return name ? std::string_view(name) : std::string_view();
}

unsigned StreamDecoder::threads() const {
    return static_cast<unsigned>(std::max(context_->thread_count, 1));
}

std::string StreamDecoder::description() const {
    const bool frames = (context_->active_thread_type & FF_THREAD_FRAME) != 0;
    return library_.version_text() + ", " + std::to_string(threads()) +
           (frames ? " frame threads" : " thread(s)");
}

util::Result<bool> StreamDecoder::send(const bridge::InputMessage& input, const bitstream::Piece& piece,
                                       const std::shared_ptr<const void>& memory) {
    if (!piece.picture) {
        if (headers_.size() + input.bitstream.size() > max_headers)
            headers_.clear();
        if (input.bitstream.size() > max_headers)
            return util::fail(EBADMSG, "a megabyte of the stream holds no picture");
        headers_.insert(headers_.end(), input.bitstream.begin(), input.bitstream.end());
        return false;
    }
    const std::int64_t id = next_id_++;
    sources_.push_back({id, input.cookie, input.timestamp});
    if (sources_.size() > max_sources)
        sources_.pop_front();
    int error = 0;
    if (headers_.empty()) {
        error = send_packet(input.bitstream, memory, id);
    } else {
        auto joined =
            std::make_shared<std::vector<std::byte>>(std::exchange(headers_, std::vector<std::byte>()));
        joined->insert(joined->end(), input.bitstream.begin(), input.bitstream.end());
        const std::size_t size = joined->size();
        joined->resize(size + bitstream_padding);
        const std::span<const std::byte> bytes(joined->data(), size);
        error = send_packet(bytes, std::move(joined), id);
    }
    behind_ = delay_;
    started_ = true;
    if (error < 0)
        return util::fail(EBADMSG, library_.error_text(error));
    return true;
}

/// `memory` keeps the bytes and their padding alive.
int StreamDecoder::send_packet(std::span<const std::byte> bytes, const std::shared_ptr<const void>& memory,
                               std::int64_t id) {
    void* const keeper = keep_memory(memory);
    // libavcodec never writes into a packet, whatever the types say.
    auto* data = const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(bytes.data()));
    packet_->buf = library_.buffer_create(data, bytes.size() + bitstream_padding, release_memory, keeper,
                                          AV_BUFFER_FLAG_READONLY);
    if (!packet_->buf) {
        release_memory(keeper, nullptr);
        return AVERROR(ENOMEM);
    }
    packet_->data = data;
    packet_->size = static_cast<int>(bytes.size());
    packet_->pts = packet_->dts = id;
    const int error = library_.send_packet(context_, packet_);
    library_.packet_unref(packet_);
    return error;
}

std::optional<StreamPicture> StreamDecoder::receive() {
    // Errors are about packets, of which some may follow that are good.
    constexpr int most_errors = 64;
    for (int errors = 0; errors < most_errors;) {
        AVFrame* frame = library_.frame_alloc();
        if (!frame)
            return std::nullopt;
        const int result = library_.receive_frame(context_, frame);
        if (result >= 0) {
            if (auto picture = convert(*frame))
                return picture;
            continue; // it has been freed
        }
        library_.frame_free(&frame);
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF)
            return std::nullopt;
        errors++;
    }
    return std::nullopt;
}

/// Takes the frame over. Nothing: a kind of picture that clients can't be given.
std::optional<StreamPicture> StreamDecoder::convert(AVFrame& frame) {
    const std::shared_ptr<AVFrame> owner(&frame,
                                         [&library = library_](AVFrame* held) { library.frame_free(&held); });
    if (frame.pts == no_source)
        return std::nullopt;
    const auto format = sample_format(frame.format);
    refuses_ = !format || !is_allowed(frame.width, frame.height);
    if (refuses_)
        return std::nullopt;
    interlaced_ = interlaced_ || is_interlaced(frame);
    StreamPicture result;
    result.picture = {.format = *format,
                      .width = static_cast<std::uint32_t>(frame.width),
                      .height = static_cast<std::uint32_t>(frame.height),
                      .planes = {frame.data[0], frame.data[1], frame.data[2]},
                      .strides = {frame.linesize[0], frame.linesize[1], frame.linesize[2]},
                      .memory = owner};
    result.stream = describe(frame, *format);
    result.key = is_key(frame);
    result.damaged = frame.decode_error_flags != 0 || (frame.flags & AV_FRAME_FLAG_CORRUPT) != 0;
    const auto source = std::ranges::find(sources_, frame.pts, &Source::id);
    if (source != sources_.end()) {
        result.cookie = source->cookie;
        result.timestamp = source->timestamp;
    }
    return result;
}

/// libavcodec knows how many samples are allowed, and not in which directions.
bool StreamDecoder::is_allowed(int width, int height) const {
    return width > 0 && height > 0 && static_cast<std::uint32_t>(width) <= max_width_ &&
           static_cast<std::uint32_t>(height) <= max_height_;
}

std::optional<daedalus_stream> StreamDecoder::stream() const {
    const auto format = sample_format(context_->pix_fmt);
    if (!started_ || behind_ > 0 || !format || !is_allowed(context_->width, context_->height))
        return std::nullopt;
    return describe(*context_, *format);
}

void StreamDecoder::drain() {
    draining_ = true;
    library_.send_packet(context_, nullptr);
}

void StreamDecoder::push_out() {
    const auto filler = std::as_bytes(front_end_->filler());
    const auto padded = std::make_shared<std::vector<std::byte>>(filler.begin(), filler.end());
    padded->resize(filler.size() + bitstream_padding);
    const std::span<const std::byte> bytes(padded->data(), filler.size());
    if (send_packet(bytes, padded, no_source) != AVERROR(EAGAIN))
        behind_--;
}

void StreamDecoder::flush() {
    library_.flush_buffers(context_);
    draining_ = false;
    started_ = false;
    behind_ = 0;
    refuses_ = false;
    interlaced_ = false;
    sources_.clear();
}

} // namespace daedalus::decoder
