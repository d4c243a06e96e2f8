// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/avcodec_library.h"

#include "decoder/shared_library.h"

#include <array>
#include <utility>

#define AVCODEC_MAJOR DAEDALUS_STRINGIFY(LIBAVCODEC_VERSION_MAJOR)
#define AVUTIL_MAJOR DAEDALUS_STRINGIFY(LIBAVUTIL_VERSION_MAJOR)

DAEDALUS_DLOPEN_NOTE(avcodec_note, "avcodec", "Decoding of H.264, VP9, VP8 and MPEG-2", "required",
                     "libavcodec.so." AVCODEC_MAJOR)
DAEDALUS_DLOPEN_NOTE(avutil_note, "avutil", "Support library of libavcodec", "required",
                     "libavutil.so." AVUTIL_MAJOR)

namespace daedalus::decoder {
namespace {

util::Result<void> resolve_avcodec(const SharedLibrary& library, AvcodecLibrary& table) {
    return library.resolve_all({
        {table.version, "avcodec_version"},
        {table.find_decoder, "avcodec_find_decoder"},
        {table.alloc_context, "avcodec_alloc_context3"},
        {table.free_context, "avcodec_free_context"},
        {table.open, "avcodec_open2"},
        {table.send_packet, "avcodec_send_packet"},
        {table.receive_frame, "avcodec_receive_frame"},
        {table.flush_buffers, "avcodec_flush_buffers"},
        {table.align_dimensions, "avcodec_align_dimensions2"},
        {table.profile_name, "avcodec_profile_name"},
        {table.packet_alloc, "av_packet_alloc"},
        {table.packet_free, "av_packet_free"},
        {table.packet_unref, "av_packet_unref"},
    });
}

util::Result<void> resolve_avutil(const SharedLibrary& library, AvcodecLibrary& table) {
    return library.resolve_all({
        {table.frame_alloc, "av_frame_alloc"},
        {table.frame_free, "av_frame_free"},
        {table.frame_unref, "av_frame_unref"},
        {table.buffer_create, "av_buffer_create"},
        {table.buffer_unref, "av_buffer_unref"},
        {table.strerror, "av_strerror"},
        {table.log_set_callback, "av_log_set_callback"},
    });
}

util::Result<AvcodecLibrary> load() {
    AvcodecLibrary table;
    // libavutil first, so that what is missing is named, not what needs it.
    const auto avutil = SharedLibrary::load("libavutil.so." AVUTIL_MAJOR, "libavutil" AVUTIL_MAJOR);
    if (!avutil)
        return std::unexpected(avutil.error());
    const auto avcodec = SharedLibrary::load("libavcodec.so." AVCODEC_MAJOR, "libavcodec" AVCODEC_MAJOR);
    if (!avcodec)
        return std::unexpected(avcodec.error());
    if (auto resolved = resolve_avutil(*avutil, table); !resolved)
        return std::unexpected(std::move(resolved.error()));
    if (auto resolved = resolve_avcodec(*avcodec, table); !resolved)
        return std::unexpected(std::move(resolved.error()));
    if (table.version() >> 16 != LIBAVCODEC_VERSION_MAJOR)
        return util::fail(ELIBBAD, "libavcodec.so." AVCODEC_MAJOR " says that it is " + table.version_text() +
                                       ": install the package libavcodec" AVCODEC_MAJOR " again");
    return table;
}

} // namespace

std::string AvcodecLibrary::error_text(int code) const {
    std::array<char, AV_ERROR_MAX_STRING_SIZE> text = {};
    strerror(code, text.data(), text.size());
    return text.data();
}

std::string AvcodecLibrary::version_number() const {
    const unsigned number = version();
    return std::to_string(number >> 16) + '.' + std::to_string(number >> 8 & 0xff) + '.' +
           std::to_string(number & 0xff);
}

util::Result<const AvcodecLibrary*> load_avcodec() {
    static const util::Result<AvcodecLibrary> loaded = load();
    if (!loaded)
        return std::unexpected(loaded.error());
    return &*loaded;
}

} // namespace daedalus::decoder
