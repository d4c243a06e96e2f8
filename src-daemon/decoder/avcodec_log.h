// SPDX-License-Identifier: BSD-2-Clause
// What libavcodec says while it decodes.
//
// Whether a picture was concealed is known inside libavcodec at once, but it tells only with the picture's
// output, in display order: too late for us. It does say so in its log as it happens, in the thread and the
// context that decode the picture.
#pragma once

#include "decoder/avcodec_library.h"

#include <cstdint>

namespace daedalus::decoder {

/// Whoever wants to know about the pictures of its contexts.
class AvcodecLogListener {
  public:
    /// Parts of the picture `id` are guessed. Called from decoder threads; libavcodec must not be called
    /// back.
    virtual void picture_concealed(std::int64_t id) = 0;

  protected:
    ~AvcodecLogListener() = default;
};

/// Catches libavcodec's log from now on; nothing of it reaches stderr.
void install_avcodec_log(const AvcodecLibrary& library);

/// `context`, one of a decoder's threads, decodes picture `id` from now on.
void follow_avcodec_context(const AVCodecContext* context, AvcodecLogListener& listener, std::int64_t id);

/// No call reaches the listener after this.
void unfollow_avcodec_contexts(const AvcodecLogListener& listener);

} // namespace daedalus::decoder
