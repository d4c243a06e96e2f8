// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/decoder.h"

#include "bridge/codec_names.h"
#include "decoder/avcodec_decoder.h"

namespace daedalus::decoder {

util::Result<std::unique_ptr<Decoder>> make_decoder(daedalus_codec codec, const DecoderOptions& options) {
    auto front_end = make_front_end(codec);
    if (!front_end)
        return util::fail(ENOTSUP, std::string(bridge::codec_title(codec)) + " is not decoded by this build");
    const auto library = load_avcodec();
    if (!library)
        return std::unexpected(library.error());
    auto decoder = AvcodecDecoder::open(**library, std::move(front_end), options);
    if (!decoder)
        return std::unexpected(std::move(decoder.error()));
    return std::move(*decoder);
}

void preload() {
    (void)load_avcodec();
}

std::uint64_t available_codecs(std::string* problems) {
    std::uint64_t codecs = 0;
    for (int number = 0; number < DAEDALUS_CODEC_COUNT; number++) {
        const auto codec = static_cast<daedalus_codec>(number);
        const auto front_end = make_front_end(codec);
        if (!front_end)
            continue;
        const auto library = load_avcodec();
        if (library && (*library)->find_decoder(front_end->codec_id()))
            codecs |= std::uint64_t{1} << number;
        else if (problems)
            *problems += std::string(bridge::codec_title(codec)) + ": " +
                         (library ? (*library)->version_text() + " was built without this decoder"
                                  : library.error().message) +
                         '\n';
    }
    return codecs;
}

std::vector<LibraryVersion> library_versions() {
    const auto library = load_avcodec();
    return {{"libavcodec", library ? (*library)->version_number() : std::string()}};
}

} // namespace daedalus::decoder
