// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/decoder.h"

#include "bridge/codec_names.h"
#include "decoder/avcodec_decoder.h"
#ifdef DAEDALUS_HAVE_AV1
#include "decoder/dav1d_decoder.h"
#endif
#include "decoder/stream_decoder.h"

#include <algorithm>
#include <thread>

namespace daedalus::decoder {
namespace {

constexpr unsigned max_automatic_threads = 4;

/// Whether the codec can be decoded; the error says what is missing.
util::Result<void> check_codec(daedalus_codec codec) {
#ifdef DAEDALUS_HAVE_AV1
    if (codec == DAEDALUS_CODEC_AV1) {
        const auto library = load_dav1d();
        return library ? util::Result<void>() : std::unexpected(library.error());
    }
#endif
    const auto front_end = make_front_end(codec);
    if (!front_end)
        return util::fail(ENOTSUP, "not decoded by this build");
    const auto library = load_avcodec();
    if (!library)
        return std::unexpected(library.error());
    if (!(*library)->find_decoder(front_end->codec_id()))
        return util::fail(ENOENT, (*library)->version_text() + " was built without this decoder");
    return {};
}

} // namespace

unsigned effective_threads(const DecoderOptions& options) {
    return options.threads != 0 ? options.threads
                                : std::clamp(std::thread::hardware_concurrency(), 1U, max_automatic_threads);
}

util::Result<std::unique_ptr<Decoder>> make_decoder(daedalus_codec codec, const DecoderOptions& options) {
    if (auto checked = check_codec(codec); !checked)
        return util::fail(checked.error().code.value(),
                          std::string(bridge::codec_title(codec)) + ": " + checked.error().message);
#ifdef DAEDALUS_HAVE_AV1
    if (codec == DAEDALUS_CODEC_AV1) {
        auto decoder = Dav1dDecoder::open(**load_dav1d(), options);
        if (!decoder)
            return std::unexpected(std::move(decoder.error()));
        return std::move(*decoder);
    }
#endif
    auto decoder = AvcodecDecoder::open(**load_avcodec(), make_front_end(codec), options);
    if (!decoder)
        return std::unexpected(std::move(decoder.error()));
    return std::move(*decoder);
}

void preload() {
    (void)load_avcodec();
#ifdef DAEDALUS_HAVE_AV1
    (void)load_dav1d();
#endif
}

std::uint64_t available_codecs(std::string* problems) {
    std::uint64_t codecs = 0;
    for (int number = 0; number < DAEDALUS_CODEC_COUNT; number++) {
        const auto codec = static_cast<daedalus_codec>(number);
        const auto checked = bridge::has_requests(codec) ? check_codec(codec) : check_stream_codec(codec);
        if (checked)
            codecs |= std::uint64_t{1} << number;
        else if (problems)
            *problems += std::string(bridge::codec_title(codec)) + ": " + checked.error().message + '\n';
    }
    return codecs;
}

std::vector<LibraryVersion> library_versions() {
    std::vector<LibraryVersion> versions;
    const auto avcodec = load_avcodec();
    versions.push_back({"libavcodec", avcodec ? (*avcodec)->version_number() : std::string()});
#ifdef DAEDALUS_HAVE_AV1
    const auto dav1d = load_dav1d();
    versions.push_back({"libdav1d", dav1d ? (*dav1d)->version() : std::string()});
#endif
    return versions;
}

} // namespace daedalus::decoder
