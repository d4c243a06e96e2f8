// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/avcodec_decoder.h"

#include "decoder/avcodec_memory.h"
#include <algorithm>
#include <array>
#include <utility>

namespace daedalus::decoder {
namespace {

constexpr std::int64_t no_picture = -1;         // the pts of fillers
constexpr std::int64_t longest_alignment = 128; // of libavcodec's lines

static_assert(bitstream_padding >= AV_INPUT_BUFFER_PADDING_SIZE);

/// Luma lines that decoders write: whole macroblocks. Interlaced MPEG-2 goes by pairs of them, and is not
/// decoded into the memory of clients.
constexpr std::uint32_t written_lines(std::uint32_t height) {
    return (height + 15) / 16 * 16;
}

} // namespace

AvcodecDecoder::AvcodecDecoder(const AvcodecLibrary& library, std::unique_ptr<FrontEnd> front_end,
                               const DecoderOptions& options)
    : library_(library), front_end_(std::move(front_end)), options_(options),
      pool_(options.memory_limit, options.blocks) {}

util::Result<std::unique_ptr<AvcodecDecoder>> AvcodecDecoder::open(const AvcodecLibrary& library,
                                                                   std::unique_ptr<FrontEnd> front_end,
                                                                   const DecoderOptions& options) {
    std::unique_ptr<AvcodecDecoder> decoder(new AvcodecDecoder(library, std::move(front_end), options));
    if (auto started = decoder->start(effective_threads(options)); !started)
        return std::unexpected(std::move(started.error()));
    return decoder;
}

util::Result<void> AvcodecDecoder::start(unsigned threads) {
    install_avcodec_log(library_);
    const AVCodec* codec = library_.find_decoder(front_end_->codec_id());
    if (!codec)
        return util::fail(ENOENT, library_.version_text() + " was built without this decoder");
    scratch_ = library_.frame_alloc();
    packet_ = library_.packet_alloc();
    if (!scratch_ || !packet_)
        return util::fail(ENOMEM, "out of memory for a decoder");
    auto parallel = open_context(codec, threads);
    if (!parallel)
        return std::unexpected(std::move(parallel.error()));
    active_ = serial_ = parallel_ = *parallel;
    if (parallel_.delay > 0 && front_end_->may_have_fields()) {
        auto serial = open_context(codec, 1);
        if (!serial)
            return std::unexpected(std::move(serial.error()));
        serial_ = *serial;
    }
    return {};
}

util::Result<AvcodecDecoder::Context> AvcodecDecoder::open_context(const AVCodec* codec, unsigned threads) {
    AVCodecContext* context = library_.alloc_context(codec);
    if (!context)
        return util::fail(ENOMEM, "out of memory for a decoder");
    context->opaque = this;
    context->get_buffer2 = allocate_picture;
#if FF_API_THREAD_SAFE_CALLBACKS
    // Else every request for memory would wait for this thread to come by.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
    context->thread_safe_callbacks = 1;
#pragma GCC diagnostic pop
#endif
    context->thread_count = static_cast<int>(threads);
    // Frames where the codec can.
    context->thread_type = FF_THREAD_SLICE | (front_end_->frame_threads() ? FF_THREAD_FRAME : 0);
    context->apply_cropping = 0;
    // libavcodec counts lines as long as it makes them; allocate() looks at width and height themselves.
    context->max_pixels = (std::int64_t{options_.max_width} + longest_alignment) * options_.max_height;
    // Damaged pictures are decoded as far as they go; what is missing is concealed.
    context->err_recognition = 0;
    context->error_concealment = FF_EC_GUESS_MVS | FF_EC_DEBLOCK;
    // Or H.264's would be added to a second picture, whose memory would be taken for the job's.
    context->export_side_data = AV_CODEC_EXPORT_DATA_FILM_GRAIN;
    if (const int error = library_.open(context, codec, nullptr); error < 0) {
        library_.free_context(&context);
        return util::fail(EIO, "cannot open the decoder: " + library_.error_text(error));
    }
    const bool frame_threads = (context->active_thread_type & FF_THREAD_FRAME) != 0;
    return Context{context, frame_threads ? static_cast<unsigned>(context->thread_count) - 1 : 0};
}

AvcodecDecoder::~AvcodecDecoder() {
    // First, since it waits for the decoder's threads.
    if (serial_.codec != parallel_.codec)
        library_.free_context(&serial_.codec);
    library_.free_context(&parallel_.codec);
    unfollow_avcodec_contexts(*this);
    library_.frame_free(&scratch_);
    library_.packet_free(&packet_);
}

unsigned AvcodecDecoder::threads() const {
    return static_cast<unsigned>(std::max(active_.codec->thread_count, 1));
}

std::string AvcodecDecoder::description() const {
    const bool frames = (active_.codec->active_thread_type & FF_THREAD_FRAME) != 0;
    return library_.version_text() + ", " + std::to_string(threads()) +
           (frames ? " frame threads" : " thread(s)");
}

bool AvcodecDecoder::choose_context(const PreparedPacket& packet) {
    const Context& wanted = packet.maybe_fields ? serial_ : parallel_;
    if (wanted.codec == active_.codec || !(fresh_ || packet.restart))
        return false;
    push_out();
    library_.flush_buffers(active_.codec); // gives its memory back
    active_ = wanted;
    return true;
}

void AvcodecDecoder::submit(Job job) {
    const Field open = last_.buffer == job.message.dst_buffer ? last_.open : Field::both;
    PreparedPacket prepared = front_end_->prepare(job.message, open);
    if (prepared.status == DAEDALUS_STATUS_OK && choose_context(prepared)) {
        front_end_->reset(); // this one has seen no headers
        prepared = front_end_->prepare(job.message, open);
    }
    Tracked tracked;
    tracked.id = next_id_++;
    tracked.message = job.message;
    tracked.field = prepared.field;
    tracked.second_field = completes(prepared.field, open);
    tracked.status = prepared.status;
    tracked.reason = std::move(prepared.reason);
    if (prepared.status == DAEDALUS_STATUS_OK) {
        tracked.sent = true;
        tracked.packet = packets_;
        tracked.last = packets_ + active_.delay;
        // A field without a partner is completed by libavcodec when it outputs it: long after the client has
        // got its buffer back.
        if (!prepared.maybe_fields && prepared.field == Field::both)
            tracked.client = std::move(job.client);
        fresh_ = false;
        tracked.references = std::move(prepared.references);
    }
    const std::int64_t id = tracked.id;
    const bool second_field = tracked.second_field;
    last_ = {.buffer = job.message.dst_buffer,
             .open = tracked.sent && !second_field ? prepared.field : Field::both};
    {
        const std::scoped_lock lock(mutex_);
        jobs_.push_back(std::move(tracked));
    }
    // Its memory was asked for with the first one, and it is by that that else the job of an error is known.
    if (second_field)
        follow_avcodec_context(active_.codec, *this, id);
    if (prepared.status == DAEDALUS_STATUS_OK)
        send(prepared.prefix, job.message.bitstream, job.memory, id);
}

void AvcodecDecoder::send(std::span<const std::uint8_t> prefix, std::span<const std::byte> data,
                          const std::shared_ptr<const void>& memory, std::int64_t id) {
    std::shared_ptr<const void> owner = memory;
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(data.data());
    std::size_t size = data.size();
    if (!prefix.empty()) {
        auto joined =
            util::make_recycled<std::pmr::vector<std::uint8_t>>(prefix.size() + size + bitstream_padding);
        std::ranges::copy(prefix, joined->begin());
        std::ranges::copy(data, std::as_writable_bytes(std::span(*joined)).subspan(prefix.size()).begin());
        bytes = joined->data();
        size += prefix.size();
        owner = std::move(joined);
    }
    void* const keeper = keep_memory(std::move(owner));
    // libavcodec never writes into a packet, whatever the types say.
    auto* writable = const_cast<std::uint8_t*>(bytes);
    packet_->buf = library_.buffer_create(writable, size + bitstream_padding, release_memory, keeper,
                                          AV_BUFFER_FLAG_READONLY);
    if (!packet_->buf) {
        release_memory(keeper, nullptr);
        const std::scoped_lock lock(mutex_);
        if (Tracked* job = find(id)) {
            job->sent = false;
            worsen(*job, DAEDALUS_STATUS_INTERNAL, "out of memory");
        }
        return;
    }
    packet_->data = writable;
    packet_->size = static_cast<int>(size);
    packet_->pts = packet_->dts = id;
    packets_++;
    const int error = library_.send_packet(active_.codec, packet_);
    library_.packet_unref(packet_);
    if (error < 0)
        note_error(error);
    drain_output();
}

/// Display order and delays do not matter here: what comes out was taken long ago.
void AvcodecDecoder::drain_output() {
    for (;;) {
        const int result = library_.receive_frame(active_.codec, scratch_);
        if (result == AVERROR(EAGAIN) || result == AVERROR_EOF)
            return;
        if (result < 0) {
            note_error(result);
            return;
        }
        library_.frame_unref(scratch_);
    }
}

/// An error that libavcodec returned is about the packet that just got finished.
void AvcodecDecoder::note_error(int error) {
    const std::scoped_lock lock(mutex_);
    if (packets_ == 0 || packets_ - 1 < active_.delay)
        return;
    const std::uint64_t packet = packets_ - 1 - active_.delay;
    for (Tracked& job : jobs_)
        if (job.sent && job.packet == packet) {
            job.failed = true;
            worsen(job, DAEDALUS_STATUS_CONCEALED, library_.error_text(error));
        }
}

void AvcodecDecoder::worsen(Tracked& job, daedalus_status status, std::string reason) {
    // The values of the statuses are in order of gravity as far as decoders use them.
    if (job.status >= status)
        return;
    job.status = status;
    job.reason = std::move(reason);
}

bool AvcodecDecoder::finished(const Tracked& job) const {
    return !job.sent || job.last < packets_;
}

AvcodecDecoder::Tracked* AvcodecDecoder::find(std::int64_t id) {
    const auto found = std::ranges::find(jobs_, id, &Tracked::id);
    return found == jobs_.end() ? nullptr : &*found;
}

std::size_t AvcodecDecoder::pending() const {
    const std::scoped_lock lock(mutex_);
    return jobs_.size();
}

std::optional<FinishedJob> AvcodecDecoder::take_finished() {
    const std::scoped_lock lock(mutex_);
    if (jobs_.empty() || !finished(jobs_.front()))
        return std::nullopt;
    Tracked job = std::move(jobs_.front());
    jobs_.pop_front();
    if (job.sent && !job.picture && job.second_field)
        job.picture = previous_picture_;
    if (job.sent && !job.picture)
        worsen(job, DAEDALUS_STATUS_BAD_STREAM,
               job.reason.empty() ? "nothing in the buffer decodes to a picture" : job.reason);
    judge(job);
    if (job.picture)
        previous_picture_ = job.picture;
    // The other field's lines hold an older picture, and it may never come.
    if (job.picture && !job.second_field)
        job.picture->field = job.field;
    return FinishedJob{.message = job.message,
                       .status = job.status,
                       .picture = std::move(job.picture),
                       .reason = std::move(job.reason)};
}

/// Of a job that is finished: whether it is what it should be, and so may be referred to. Jobs come here in
/// decoding order, when what came of those before them is known.
void AvcodecDecoder::judge(Tracked& job) {
    // What has a fault of its own has more of it than it can have from others.
    const unsigned doubt =
        job.status != DAEDALUS_STATUS_OK ? ReferenceTracker::full_doubt : references_.doubt(job.references);
    if (doubt > 0)
        worsen(job, DAEDALUS_STATUS_CONCEALED, "a reference picture is missing or damaged");
    if (job.failed && active_.delay > 0 && front_end_->loses_references_with_errors())
        references_.clear();
    // The other field may have been the damaged one.
    const unsigned other_field = job.second_field ? references_.doubt(std::array{job.message.timestamp}) : 0;
    references_.settle(job.message.dst_buffer, job.message.timestamp,
                       job.picture ? std::optional(std::max(doubt, other_field)) : std::nullopt, job.retired);
}

/// What is inside yet may be predicted from the picture in it.
void AvcodecDecoder::retire(std::uint64_t buffer) {
    const std::scoped_lock lock(mutex_);
    if (jobs_.empty())
        references_.forget(buffer);
    else
        jobs_.back().retired.push_back(buffer);
}

void AvcodecDecoder::push_out() {
    std::uint64_t needed = 0;
    {
        const std::scoped_lock lock(mutex_);
        for (const Tracked& job : jobs_)
            if (job.sent)
                needed = job.last + 1;
    }
    while (packets_ < needed)
        send(front_end_->filler(), {}, nullptr, no_picture);
}

void AvcodecDecoder::flush() {
    // Waits for the decoder's threads, so that none writes to a picture after it.
    library_.flush_buffers(active_.codec);
    fresh_ = true;
    front_end_->reset();
    references_.clear();
    const std::scoped_lock lock(mutex_);
    last_ = {};
    jobs_.clear();
    previous_picture_.reset();
    if (!front_end_->keeps_line_length())
        shape_ = {};
}

int AvcodecDecoder::allocate_picture(AVCodecContext* context, AVFrame* frame, int /*flags*/) {
    return static_cast<AvcodecDecoder*>(context->opaque)->allocate(context, frame);
}

/// The client's memory if that will do, else our own.
util::Result<std::shared_ptr<FrameMemory>> AvcodecDecoder::take_memory(std::int64_t id, FrameShape shape,
                                                                       std::uint32_t written) {
    const std::scoped_lock lock(mutex_);
    Tracked* job = find(id);
    const std::optional<ClientMemory> client = job ? std::exchange(job->client, std::nullopt) : std::nullopt;
    const bool fits = client && client->holds(shape, written);
    const std::array<std::size_t, 2> client_strides =
        fits ? std::array{static_cast<std::size_t>(client->planes[0].stride),
                          static_cast<std::size_t>(client->planes[1].stride)}
             : std::array<std::size_t, 2>{};
    FrameShape plain = shape_;
    plain.strides = {};
    if (plain != shape) {
        shape_ = shape;
        shape_.strides =
            fits ? client_strides : std::array{shape.tightest_stride(0), shape.tightest_stride(1)};
    }
    if (fits && client_strides == shape_.strides)
        if (auto memory = client->lend())
            return memory;
    return pool_.take(shape_);
}

/// Called from any of the decoder's threads. The frame's pts is the packet's: that is how memory finds its
/// job.
int AvcodecDecoder::allocate(AVCodecContext* context, AVFrame* frame) {
    const std::int64_t id = frame->pts;
    follow_avcodec_context(context, *this, id);
    const auto refuse = [&](daedalus_status status, std::string reason) {
        const std::scoped_lock lock(mutex_);
        if (Tracked* job = find(id))
            worsen(*job, status, std::move(reason));
        return AVERROR(EINVAL);
    };
    const auto format = sample_format(frame->format);
    if (!format)
        return refuse(DAEDALUS_STATUS_UNSUPPORTED,
                      "only 4:2:0 and grey pictures of 8 or 10 bits are decoded");
    const auto width = static_cast<std::uint32_t>(std::max(frame->width, 0));
    const auto height = static_cast<std::uint32_t>(std::max(frame->height, 0));
    if (width == 0 || height == 0 || width > options_.max_width || height > options_.max_height)
        return refuse(DAEDALUS_STATUS_UNSUPPORTED, "a picture of " + std::to_string(width) + 'x' +
                                                       std::to_string(height) + " is larger than is allowed");
    int aligned_width = frame->width, aligned_height = frame->height;
    std::array<int, AV_NUM_DATA_POINTERS> alignments = {};
    library_.align_dimensions(context, &aligned_width, &aligned_height, alignments.data());
    auto taken = take_memory(id,
                             {.format = *format,
                              .width = static_cast<std::uint32_t>(aligned_width),
                              .height = static_cast<std::uint32_t>(aligned_height),
                              .stride_alignment = static_cast<std::size_t>(std::max(alignments[0], 64))},
                             written_lines(height));
    if (!taken)
        return refuse(DAEDALUS_STATUS_INTERNAL, taken.error().message);
    const std::shared_ptr<FrameMemory> memory = *taken;

    void* const keeper = keep_memory(memory);
    frame->buf[0] = library_.buffer_create(memory->base, memory->size, release_memory, keeper, 0);
    if (!frame->buf[0]) {
        release_memory(keeper, nullptr);
        return AVERROR(ENOMEM);
    }
    Picture picture{
        .format = *format, .width = width, .height = height, .planes = {}, .strides = {}, .memory = memory};
    for (int plane = 0; plane < 3; plane++) {
        frame->data[plane] = memory->planes[plane];
        frame->linesize[plane] = static_cast<int>(memory->strides[plane]);
        picture.planes[plane] = memory->planes[plane];
        picture.strides[plane] = memory->strides[plane];
    }
    frame->extended_data = frame->data;
    // Memory may be asked for more than once: H.264 makes pictures up where frame numbers have a gap, before
    // the job's own one, and MPEG-2 makes missing references up, after it.
    const std::scoped_lock lock(mutex_);
    Tracked* const job = find(id);
    const bool has_picture = job && (job->picture || job->second_field);
    if (job && !(has_picture && front_end_->first_memory_is_the_picture()))
        job->picture = std::move(picture);
    return 0;
}

void AvcodecDecoder::picture_concealed(std::int64_t id) {
    const std::scoped_lock lock(mutex_);
    if (Tracked* job = find(id))
        worsen(*job, DAEDALUS_STATUS_CONCEALED, "parts of the picture are damaged");
}

} // namespace daedalus::decoder
