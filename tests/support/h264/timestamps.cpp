// SPDX-License-Identifier: BSD-2-Clause
#include "stream.h"

#include <algorithm>
#include <memory>

namespace daedalus::test::h264 {

namespace {

constexpr uint64_t nanoseconds_per_microsecond = 1000;

/** For every frame the last frame that refers to it; the frame itself when none does. */
std::vector<uint32_t> last_uses(const Stream& stream) {
    std::vector<uint32_t> last(stream.frames.size());
    for (const Picture& picture : stream.pictures) {
        last[picture.frame] = std::max(last[picture.frame], picture.frame);
        for (const uint32_t reference : picture.references)
            if (reference != no_frame)
                last[reference] = std::max(last[reference], picture.frame);
    }
    return last;
}

} // namespace

uint64_t microsecond_counter(uint32_t frame) {
    return frame * nanoseconds_per_microsecond;
}

uint64_t wall_clock(uint32_t frame) {
    constexpr uint64_t start = 1'700'000'000'123'456'000;
    return start + frame * uint64_t{40'000'000};
}

uint64_t all_zero(uint32_t /*frame*/) {
    return 0;
}

TimestampOf recycled_indexes(const Stream& stream, uint32_t buffers, uint32_t first) {
    const std::vector<uint32_t> last = last_uses(stream);
    auto timestamps = std::make_shared<std::vector<uint64_t>>();
    std::vector<uint32_t> free_from(buffers, 0); // the frame from which on a buffer is free
    for (uint32_t frame = 0; frame < last.size(); frame++) {
        const auto buffer = std::ranges::find_if(free_from, [&](uint32_t from) { return from <= frame; });
        const auto index =
            static_cast<uint64_t>(buffer != free_from.end() ? buffer - free_from.begin() : frame % buffers);
        free_from[index] = last[frame] + 1;
        timestamps->push_back((first + index) * nanoseconds_per_microsecond);
    }
    return [timestamps](uint32_t frame) { return timestamps->at(frame); };
}

void name_references(Picture& picture, const TimestampOf& timestamp_of) {
    for (size_t i = 0; i < picture.references.size(); i++)
        picture.decode_params.dpb[i].reference_ts =
            picture.references[i] != no_frame ? timestamp_of(picture.references[i]) : 0;
}

} // namespace daedalus::test::h264
