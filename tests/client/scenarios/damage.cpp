// SPDX-License-Identifier: BSD-2-Clause
// Damaged requests: each gives an error or a concealed picture, and the next
// good frame decodes bit-exact. Contract items 15, 18, 23 and the list of
// failures that others met.
#include "client/scenario.h"

#include <algorithm>
#include <random>

namespace daedalus::client {

namespace {

constexpr uint8_t stale = 0xa5;
constexpr uint32_t gop_length = 10;

/** Whether the damage can be noticed for sure, so that one buffer at least must say so. */
enum class Wanted {
    error,
    any
};

/**
 * Plays a clip of 10 frames to an IDR picture; @p damage changes the pictures
 * of the second 10, or drops them when it returns false. These may come back
 * in any state, for pictures that refer to a damaged one are wrong without
 * being damaged. All others must be ffmpeg's.
 */
void with_damage(Context& context, const std::function<bool(h264::Picture&)>& damage, Wanted wanted,
                 uint32_t depth = 2) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = depth, .timeout_ms = 3000});
    size_t stale_pictures = 0;
    decoder.before_capture = [](std::span<uint8_t> bytes) { std::ranges::fill(bytes, stale); };
    decoder.on_frame = [&](const DecodedFrame&, std::span<const uint8_t> pixels) {
        const auto luma = pixels.first(size_t{176} * 144);
        stale_pictures += std::ranges::count(luma, stale) > 176 * 144 / 2 ? 1 : 0;
    };
    decoder.start();
    size_t damaged = 0;
    for (h264::Picture picture : clip.stream.pictures) {
        if (picture.frame >= gop_length && picture.frame < 2 * gop_length) {
            const h264::Picture original = picture;
            if (!damage(picture))
                continue; // not sent at all
            damaged += picture.bitstream != original.bitstream ? 1 : 0;
        }
        expect(decoder.submit(picture) == 0, "a damaged request is refused");
    }
    decoder.drain();
    std::vector<DecodedFrame> good;
    size_t errors = 0;
    size_t unmarked = 0;
    for (const DecodedFrame& frame : decoder.decoded()) {
        if (frame.frame < gop_length || frame.frame >= 2 * gop_length) {
            good.push_back(frame);
            continue;
        }
        errors += frame.error ? 1 : 0;
        unmarked += !frame.error && frame.md5 != clip.expected(frame.frame) ? 1 : 0;
    }
    expect(good.size() == clip.frame_count() - gop_length, "good frames are missing");
    expect_bit_exact(clip, good);
    context.figure("errors", static_cast<double>(errors), "frames", wanted == Wanted::error ? ">=1" : "-",
                   wanted != Wanted::error || errors > 0);
    context.figure("stale_pictures", static_cast<double>(stale_pictures), "frames", "0", stale_pictures == 0);
    context.figure("unmarked", static_cast<double>(unmarked), "frames", "-", true);
    context.figure("damaged", static_cast<double>(damaged), "requests", "-", true);
}

void garbage_slices(Context& context) {
    std::mt19937 random(7);
    with_damage(
        context,
        [&](h264::Picture& picture) {
            for (size_t i = 4; i < picture.bitstream.size(); i++)
                picture.bitstream[i] = static_cast<uint8_t>(random());
            return true;
        },
        Wanted::error);
}

void garbage_without_start_codes(Context& context) {
    with_damage(
        context,
        [](h264::Picture& picture) {
            std::ranges::fill(picture.bitstream, uint8_t{0xff});
            return true;
        },
        Wanted::error);
}

void flipped_bits(Context& context) {
    std::mt19937 random(11);
    with_damage(
        context,
        [&](h264::Picture& picture) {
            for (int i = 0; i < 4; i++)
                picture.bitstream[picture.bitstream.size() / 2 + random() % (picture.bitstream.size() / 2)] ^=
                    static_cast<uint8_t>(1U << random() % 8);
            return true;
        },
        Wanted::any);
}

void truncated_slices(Context& context) {
    with_damage(
        context,
        [](h264::Picture& picture) {
            picture.bitstream.resize(picture.bitstream.size() / 2);
            return true;
        },
        Wanted::error);
}

/** One request without a byte among good ones. bytesused 0 means the whole buffer to videobuf2. */
void empty_buffer(Context& context) {
    with_damage(
        context,
        [](h264::Picture& picture) {
            if (picture.frame == gop_length + 3)
                picture.bitstream.clear();
            return true;
        },
        Wanted::error);
}

/** What players send at a pause. */
void three_byte_stub(Context& context) {
    with_damage(
        context,
        [](h264::Picture& picture) {
            if (picture.frame == gop_length + 3)
                picture.bitstream = {0, 0, 1};
            return true;
        },
        Wanted::error);
}

void missing_reference(Context& context) {
    const Clip clip = context.clip("gop");
    // The first frame after the IDR picture that others refer to.
    uint32_t dropped = gop_length + 1;
    while (clip.stream.pictures[clip.stream.frames[dropped].first_picture].decode_params.nal_ref_idc == 0)
        dropped++;
    with_damage(
        context, [&](h264::Picture& picture) { return picture.frame != dropped; }, Wanted::error);
}

/** A stream that is joined in its middle: no IDR picture has been seen. */
void missing_key_frame(Context& context) {
    with_damage(
        context, [](h264::Picture& picture) { return picture.frame != gop_length; }, Wanted::error);
}

/** 64 zero bytes behind the last slice. */
void padding(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 4});
    decoder.start();
    for (h264::Picture picture : clip.stream.pictures) {
        picture.bitstream.insert(picture.bitstream.end(), 64, 0);
        expect(decoder.submit(picture) == 0, "MEDIA_REQUEST_IOC_QUEUE");
    }
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
}

/** PicNum and FrameNum of the DPB differ between clients, and some leave them out. */
void untrusted_numbers(Context& context) {
    const Clip clip = context.clip("gop");
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 4});
    decoder.start();
    for (h264::Picture picture : clip.stream.pictures) {
        for (v4l2_h264_dpb_entry& entry : picture.decode_params.dpb) {
            entry.pic_num = 0;
            entry.frame_num = 0;
        }
        expect(decoder.submit(picture) == 0, "MEDIA_REQUEST_IOC_QUEUE");
    }
    decoder.drain();
    expect_bit_exact(clip, decoder.decoded());
}

/** Control structures full of nonsense are the kernel's or the daemon's to survive. */
void garbage_controls(Context& context) {
    const Clip clip = context.clip("gop");
    std::mt19937 random(3);
    StreamDecoder decoder(context.nodes(), clip.stream, {.depth = 2, .check_pixels = false});
    decoder.start();
    size_t sent = 0;
    for (int round = 0; round < 60; round++) {
        h264::Picture picture = clip.stream.pictures[random() % gop_length];
        auto* bytes = reinterpret_cast<uint8_t*>(&picture.decode_params);
        for (int i = 0; i < 8; i++)
            bytes[random() % sizeof(picture.decode_params)] = static_cast<uint8_t>(random());
        picture.pps.flags ^= static_cast<uint16_t>(random() & 0xff);
        picture.pps.weighted_bipred_idc = static_cast<uint8_t>(random() & 3);
        picture.pps.chroma_qp_index_offset = static_cast<int8_t>(random());
        // The kernel refuses some values; such a request never comes to be.
        sent += decoder.submit(picture) == 0 ? 1 : 0;
    }
    decoder.drain();
    context.figure("sent", static_cast<double>(sent), "requests", ">0", sent > 0);
    StreamDecoder after(context.nodes(), clip.stream, {.depth = 4});
    after.start();
    after.submit_frames(0, clip.frame_count());
    after.drain();
    expect_bit_exact(clip, after.decoded());
}

constexpr Scenario list[] = {
    {"damage_garbage_slices", "slices of random bytes", garbage_slices},
    {"damage_no_start_codes", "a buffer of 0xff", garbage_without_start_codes},
    {"damage_flipped_bits", "four bits of every slice", flipped_bits},
    {"damage_truncated", "slices cut in half", truncated_slices},
    {"damage_empty_buffer", "no bytes", empty_buffer},
    {"damage_stub", "three bytes", three_byte_stub},
    {"damage_missing_reference", "a reference frame is never sent", missing_reference},
    {"damage_missing_key_frame", "an IDR picture is never sent", missing_key_frame},
    {"damage_padding", "zero bytes behind the slices are no damage", padding},
    {"damage_untrusted_numbers", "DPB numbers that mean nothing are no damage", untrusted_numbers},
    {"damage_garbage_controls", "controls of random bytes", garbage_controls},
};

} // namespace

std::span<const Scenario> damage_scenarios() {
    return list;
}

} // namespace daedalus::client
