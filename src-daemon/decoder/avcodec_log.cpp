// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/avcodec_log.h"

#include <cstdarg>
#include <mutex>
#include <string_view>
#include <unordered_map>

namespace daedalus::decoder {
namespace {

struct Followed {
    AvcodecLogListener* listener;
    std::int64_t id;
};

std::mutex registry_mutex;

std::unordered_map<const void*, Followed>& registry() {
    static std::unordered_map<const void*, Followed> contexts;
    return contexts;
}

/// The messages of libavcodec (5.1 to 9) that mean guessed pixels. Others at the same level do not: they
/// complain about marking commands, gaps in frame numbers and so on, in pictures that come out right.
bool tells_of_concealment(std::string_view format) {
    return format.starts_with("concealing ") || format.starts_with("error while decoding MB");
}

void on_log(void* object, int level, const char* format, va_list /*arguments*/) {
    if (level > AV_LOG_INFO || !object || !tells_of_concealment(format))
        return;
    const std::scoped_lock lock(registry_mutex);
    const auto found = registry().find(object);
    if (found != registry().end())
        found->second.listener->picture_concealed(found->second.id);
}

} // namespace

void install_avcodec_log(const AvcodecLibrary& library) {
    library.log_set_callback(on_log);
}

void follow_avcodec_context(const AVCodecContext* context, AvcodecLogListener& listener, std::int64_t id) {
    const std::scoped_lock lock(registry_mutex);
    registry()[context] = {&listener, id};
}

void unfollow_avcodec_contexts(const AvcodecLogListener& listener) {
    const std::scoped_lock lock(registry_mutex);
    std::erase_if(registry(), [&](const auto& entry) { return entry.second.listener == &listener; });
}

} // namespace daedalus::decoder
