// SPDX-License-Identifier: BSD-2-Clause
// libavcodec and libavutil, loaded at run time.
#pragma once

#include "util/error.h"

extern "C" {
#include <libavcodec/avcodec.h>
#include <libavutil/avutil.h>
#include <libavutil/buffer.h>
#include <libavutil/log.h>
#include <libavutil/pixdesc.h>
}

#include <string>

namespace daedalus::decoder {

/// The functions used here, under their own names without the prefix that says which library has them.
struct AvcodecLibrary {
    // libavcodec
    decltype(::avcodec_version)* version = nullptr;
    decltype(::avcodec_find_decoder)* find_decoder = nullptr;
    decltype(::avcodec_alloc_context3)* alloc_context = nullptr;
    decltype(::avcodec_free_context)* free_context = nullptr;
    decltype(::avcodec_open2)* open = nullptr;
    decltype(::avcodec_send_packet)* send_packet = nullptr;
    decltype(::avcodec_receive_frame)* receive_frame = nullptr;
    decltype(::avcodec_flush_buffers)* flush_buffers = nullptr;
    decltype(::avcodec_align_dimensions2)* align_dimensions = nullptr;
    decltype(::avcodec_profile_name)* profile_name = nullptr;
    decltype(::av_packet_alloc)* packet_alloc = nullptr;
    decltype(::av_packet_free)* packet_free = nullptr;
    decltype(::av_packet_unref)* packet_unref = nullptr;
    // libavutil
    decltype(::av_frame_alloc)* frame_alloc = nullptr;
    decltype(::av_frame_free)* frame_free = nullptr;
    decltype(::av_frame_unref)* frame_unref = nullptr;
    decltype(::av_buffer_create)* buffer_create = nullptr;
    decltype(::av_buffer_unref)* buffer_unref = nullptr;
    decltype(::av_strerror)* strerror = nullptr;
    decltype(::av_log_set_callback)* log_set_callback = nullptr;

    /// The text of one of its error codes.
    [[nodiscard]] std::string error_text(int code) const;
    /// "59.37.100"
    [[nodiscard]] std::string version_number() const;
    /// "libavcodec 59.37.100"
    [[nodiscard]] std::string version_text() const { return "libavcodec " + version_number(); }
};

/// Loads both libraries the first time and returns the same table from then on. The major version is the one
/// that this program was compiled for: its structures are laid out for it, so another is refused.
util::Result<const AvcodecLibrary*> load_avcodec();

} // namespace daedalus::decoder
