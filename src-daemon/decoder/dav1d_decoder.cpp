// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/dav1d_decoder.h"

#include "bitstream/control_value.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

namespace daedalus::decoder {
namespace {

constexpr std::int64_t nobody = -1;             // the timestamp of data whose picture no job waits for
constexpr std::uint32_t picture_multiple = 128; // dav1d writes whole superblocks
constexpr std::size_t plane_alignment = DAV1D_PICTURE_ALIGNMENT;

std::uint32_t round_up(int value) {
    return (static_cast<std::uint32_t>(value) + picture_multiple - 1) / picture_multiple * picture_multiple;
}

/// Nothing: not a profile decoded here.
std::optional<SampleFormat> sample_format(const Dav1dPictureParameters& parameters) {
    if (parameters.layout == DAV1D_PIXEL_LAYOUT_I420)
        return parameters.bpc == 8    ? std::optional(SampleFormat::yuv420_8)
               : parameters.bpc == 10 ? std::optional(SampleFormat::yuv420_10)
                                      : std::nullopt;
    if (parameters.layout == DAV1D_PIXEL_LAYOUT_I400)
        return parameters.bpc == 8    ? std::optional(SampleFormat::grey_8)
               : parameters.bpc == 10 ? std::optional(SampleFormat::grey_10)
                                      : std::nullopt;
    return std::nullopt;
}

bool has_film_grain(const Dav1dPicture& picture) {
    const Dav1dFilmGrainData& grain = picture.frame_hdr->film_grain.data;
    return grain.num_y_points != 0 || grain.num_uv_points[0] != 0 || grain.num_uv_points[1] != 0 ||
           (grain.clip_to_restricted_range != 0 && grain.chroma_scaling_from_luma != 0);
}

/// Whether grain is to be added to what the client sees, but not to what later frames are predicted from.
bool wants_film_grain(const bridge::DecodeMessage& message) {
    const auto grain = message.controls.get<v4l2_ctrl_av1_film_grain>(V4L2_CID_STATELESS_AV1_FILM_GRAIN);
    return grain && (grain->flags & V4L2_AV1_FILM_GRAIN_FLAG_APPLY_GRAIN) != 0;
}

/// The elements of an array control.
template <typename T>
std::vector<T> elements(const bridge::DecodeMessage& message, std::uint32_t id) {
    const bridge::ControlView* control = message.controls.find(id);
    std::vector<T> result(control ? control->payload.size() / sizeof(T) : 0);
    if (!result.empty())
        std::memcpy(result.data(), control->payload.data(), result.size() * sizeof(T));
    return result;
}

/// Timestamps of the frames that this one may be predicted from.
std::vector<std::uint64_t> references_of(const v4l2_ctrl_av1_frame& frame) {
    std::vector<std::uint64_t> timestamps;
    const std::uint32_t type = bitstream::control_value(frame.frame_type);
    if (type == V4L2_AV1_KEY_FRAME || type == V4L2_AV1_INTRA_ONLY_FRAME)
        return timestamps;
    for (const std::int8_t slot : frame.ref_frame_idx)
        if (slot >= 0 && slot < V4L2_AV1_TOTAL_REFS_PER_FRAME)
            timestamps.push_back(frame.reference_frame_ts[slot]);
    return timestamps;
}

} // namespace

Dav1dDecoder::Dav1dDecoder(const Dav1dLibrary& library, const DecoderOptions& options)
    : library_(library), options_(options), threads_(effective_threads(options)),
      pool_(options.memory_limit, options.blocks) {}

util::Result<std::unique_ptr<Dav1dDecoder>> Dav1dDecoder::open(const Dav1dLibrary& library,
                                                               const DecoderOptions& options) {
    std::unique_ptr<Dav1dDecoder> decoder(new Dav1dDecoder(library, options));
    Dav1dSettings settings;
    library.default_settings(&settings);
    settings.n_threads = static_cast<int>(decoder->threads_);
    settings.max_frame_delay = 0; // dav1d's own choice: it has threads inside of a frame, too
    settings.apply_grain = 0;     // grain is for the client's picture only
    settings.output_invisible_frames = 1;
    settings.all_layers = 1;
    settings.operating_point = 0;
    settings.frame_size_limit = static_cast<unsigned>(std::min<std::uint64_t>(
        std::uint64_t{options.max_width} * options.max_height, std::numeric_limits<unsigned>::max()));
    settings.logger = {nullptr, nullptr};
    settings.allocator = {decoder.get(), allocate_picture, release_picture};
    if (const int error = library.open(&decoder->context_, &settings); error < 0)
        return util::fail_errno("cannot open the AV1 decoder", -error);
    return decoder;
}

Dav1dDecoder::~Dav1dDecoder() {
    jobs_.clear();
    if (context_)
        library_.close(&context_);
}

std::string Dav1dDecoder::description() const {
    return std::string("dav1d ") + library_.version() + ", " + std::to_string(threads_) + " threads";
}

void Dav1dDecoder::submit(Job job) {
    Tracked tracked;
    tracked.id = next_id_++;
    tracked.message = job.message;
    bitstream::Av1TemporalUnit unit;
    const bool good = prepare(tracked, unit);
    const std::int64_t id = tracked.id;
    tracked.client = std::move(job.client);
    jobs_.push_back(std::move(tracked));
    if (!good)
        return;
    if (!unit.reload.empty())
        send(unit.reload, nobody);
    if (!wants_film_grain(job.message))
        client_ = &jobs_.back().client;
    const bool sent = send(unit.frame, id);
    client_ = nullptr;
    if (!sent && !jobs_.empty() && jobs_.back().id == id) {
        jobs_.back().done = true;
        jobs_.back().status = DAEDALUS_STATUS_BAD_STREAM;
        jobs_.back().reason = "dav1d refuses the frame";
    }
}

bool Dav1dDecoder::prepare(Tracked& job, bitstream::Av1TemporalUnit& unit) {
    const bridge::DecodeMessage& message = job.message;
    const auto refuse = [&](daedalus_status status, std::string reason) {
        job.done = true;
        job.status = status;
        job.reason = std::move(reason);
        return false;
    };
    const auto sequence = message.controls.get<v4l2_ctrl_av1_sequence>(V4L2_CID_STATELESS_AV1_SEQUENCE);
    const auto frame = message.controls.get<v4l2_ctrl_av1_frame>(V4L2_CID_STATELESS_AV1_FRAME);
    const auto grain = message.controls.get<v4l2_ctrl_av1_film_grain>(V4L2_CID_STATELESS_AV1_FILM_GRAIN);
    const auto tiles =
        elements<v4l2_ctrl_av1_tile_group_entry>(message, V4L2_CID_STATELESS_AV1_TILE_GROUP_ENTRY);
    if (!sequence || !frame)
        return refuse(DAEDALUS_STATUS_BAD_STREAM, "the request lacks an AV1 SEQUENCE or FRAME control");
    auto written =
        writer_.write({.sequence = *sequence,
                       .frame = *frame,
                       .film_grain = grain ? &*grain : nullptr,
                       .tiles = tiles,
                       .bitstream = {reinterpret_cast<const std::uint8_t*>(message.bitstream.data()),
                                     message.bitstream.size()},
                       .timestamp = message.timestamp});
    if (!written)
        return refuse(DAEDALUS_STATUS_BAD_STREAM, written.error().message);
    unit = std::move(*written);
    job.has_stale = unit.stale_slots != 0;
    job.references = references_of(*frame);
    return true;
}

/// dav1d takes all of the data at once, since a picture that is ready is always taken before.
bool Dav1dDecoder::send(std::span<const std::uint8_t> data, std::int64_t id) {
    Dav1dData packet = {};
    std::uint8_t* bytes = library_.data_create(&packet, data.size());
    if (!bytes)
        return false;
    std::ranges::copy(data, bytes);
    packet.m.timestamp = id;
    int result = library_.send_data(context_, &packet);
    while (result == DAV1D_ERR(EAGAIN) && receive())
        result = library_.send_data(context_, &packet);
    library_.data_unref(&packet);
    receive();
    return result >= 0;
}

bool Dav1dDecoder::receive() {
    Dav1dPicture picture = {};
    const int result = library_.get_picture(context_, &picture);
    if (result < 0)
        return result != DAV1D_ERR(EAGAIN); // an error is a picture that failed; the one after it tells which
    picture_came(picture);
    library_.picture_unref(&picture);
    return true;
}

void Dav1dDecoder::picture_came(Dav1dPicture& picture) {
    const std::int64_t id = picture.m.timestamp;
    for (Tracked& job : jobs_) {
        if (id == nobody || job.id > id)
            break;
        if (job.done)
            continue;
        job.done = true;
        if (job.id < id) { // pictures come in order: this one's will not
            job.status = DAEDALUS_STATUS_BAD_STREAM;
            job.reason = "dav1d cannot decode the frame";
            continue;
        }
        auto finished = finish(job, picture);
        if (finished) {
            job.picture = std::move(*finished);
        } else {
            job.status = DAEDALUS_STATUS_INTERNAL;
            job.reason = finished.error().message;
        }
    }
}

/// The picture as the client is to see it: with film grain.
util::Result<Picture> Dav1dDecoder::finish(Tracked& job, Dav1dPicture& picture) {
    const auto format = sample_format(picture.p);
    if (!format)
        return util::fail(ENOTSUP, "only 4:2:0 and grey pictures of 8 or 10 bits are decoded");
    const auto unref = [&library = library_](Dav1dPicture* held) {
        library.picture_unref(held);
        delete held;
    };
    const std::shared_ptr<Dav1dPicture> held(new Dav1dPicture{}, unref);
    if (has_film_grain(picture)) {
        std::optional<ClientMemory>* const before = std::exchange(client_, &job.client);
        const int error = library_.apply_grain(context_, held.get(), &picture);
        client_ = before;
        if (error < 0)
            return util::fail_errno("cannot apply film grain", -error);
    } else {
        *held = std::exchange(picture, Dav1dPicture{}); // its reference moves along
    }
    Picture result{.format = *format,
                   .width = static_cast<std::uint32_t>(held->p.w),
                   .height = static_cast<std::uint32_t>(held->p.h),
                   .planes = {},
                   .strides = {held->stride[0], held->stride[1], held->stride[1]},
                   .memory = held};
    for (std::size_t plane = 0; plane < 3; plane++)
        result.planes[plane] = static_cast<const std::uint8_t*>(held->data[plane]);
    return result;
}

std::optional<FinishedJob> Dav1dDecoder::take_finished() {
    if (jobs_.empty() || !jobs_.front().done)
        return std::nullopt;
    Tracked job = std::move(jobs_.front());
    jobs_.pop_front();
    judge(job);
    return FinishedJob{.message = job.message,
                       .status = job.status,
                       .picture = std::move(job.picture),
                       .reason = std::move(job.reason)};
}

/// Of a job that is finished: whether it is what it should be, and so may be referred to. Jobs come here in
/// decoding order, when what came of those before them is known.
void Dav1dDecoder::judge(Tracked& job) {
    const unsigned doubt = job.status != DAEDALUS_STATUS_OK || job.has_stale
                               ? ReferenceTracker::full_doubt
                               : references_.doubt(job.references);
    if (doubt > 0 && job.status == DAEDALUS_STATUS_OK) {
        job.status = DAEDALUS_STATUS_CONCEALED;
        job.reason = "a reference picture is missing or damaged";
    }
    references_.settle(job.message.dst_buffer, job.message.timestamp,
                       job.picture ? std::optional(doubt) : std::nullopt, job.retired);
}

/// What is inside yet may be predicted from the picture in it.
void Dav1dDecoder::retire(std::uint64_t buffer) {
    if (jobs_.empty())
        references_.forget(buffer);
    else
        jobs_.back().retired.push_back(buffer);
}

void Dav1dDecoder::push_out() {
    const auto waiting = [this] {
        return std::ranges::any_of(jobs_, [](const Tracked& job) { return !job.done; });
    };
    while (waiting() && receive()) {
    }
    for (Tracked& job : jobs_) {
        if (job.done)
            continue;
        job.done = true;
        job.status = DAEDALUS_STATUS_BAD_STREAM;
        job.reason = "dav1d cannot decode the frame";
    }
}

void Dav1dDecoder::flush() {
    library_.flush(context_);
    jobs_.clear();
    writer_.reset();
    references_.clear();
}

util::Result<std::shared_ptr<FrameMemory>> Dav1dDecoder::take_memory(const FrameShape& shape) {
    const std::optional<ClientMemory> client = client_ ? std::exchange(*client_, std::nullopt) : std::nullopt;
    if (client && client->holds(shape, shape.height))
        if (auto memory = client->lend())
            return memory;
    return pool_.take(shape);
}

int Dav1dDecoder::allocate_picture(Dav1dPicture* picture, void* cookie) {
    auto& decoder = *static_cast<Dav1dDecoder*>(cookie);
    const auto format = sample_format(picture->p);
    if (!format || picture->p.w <= 0 || picture->p.h <= 0)
        return DAV1D_ERR(EINVAL);
    // frame_size_limit is one of area alone.
    if (static_cast<std::uint32_t>(picture->p.w) > decoder.options_.max_width ||
        static_cast<std::uint32_t>(picture->p.h) > decoder.options_.max_height)
        return DAV1D_ERR(ERANGE);
    auto memory = decoder.take_memory({.format = *format,
                                       .width = round_up(picture->p.w),
                                       .height = round_up(picture->p.h),
                                       .stride_alignment = plane_alignment});
    if (!memory)
        return DAV1D_ERR(ENOMEM);
    for (std::size_t plane = 0; plane < 3; plane++)
        picture->data[plane] = (*memory)->planes[plane];
    picture->stride[0] = (*memory)->strides[0];
    picture->stride[1] = (*memory)->strides[1];
    picture->allocator_data = new std::shared_ptr<FrameMemory>(std::move(*memory));
    return 0;
}

void Dav1dDecoder::release_picture(Dav1dPicture* picture, void* /*cookie*/) {
    delete static_cast<std::shared_ptr<FrameMemory>*>(picture->allocator_data);
}

} // namespace daedalus::decoder
