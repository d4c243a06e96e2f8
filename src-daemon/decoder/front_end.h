// SPDX-License-Identifier: BSD-2-Clause
// What differs from codec to codec in front of libavcodec.
#pragma once

#include "bridge/messages.h"
#include "daedalus/protocol.h"
#include "decoder/avcodec_library.h"
#include "decoder/picture.h"
#include "util/error.h"
#include "util/recycled_memory.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace daedalus::decoder {

/// How a request becomes a packet.
struct PreparedPacket {
    daedalus_status status = DAEDALUS_STATUS_OK; ///< otherwise nothing is to be sent, for `reason`
    std::string reason;
    std::vector<std::uint8_t> prefix; ///< headers to go in front of the client's bytes; mostly empty
    /// Timestamps of the pictures that it is predicted from, its own for the other field of its frame.
    std::pmr::vector<std::uint64_t> references{util::recycled_memory()};
    Field field = Field::both; ///< what of a frame the packet holds
    bool maybe_fields = false; ///< the stream may have pictures that are one field of a frame
    bool restart = false;      ///< nothing from here on refers to anything before

    static PreparedPacket refused(daedalus_status why, std::string text) {
        PreparedPacket packet;
        packet.status = why;
        packet.reason = std::move(text);
        return packet;
    }
    /// For what a header rebuilder said.
    static PreparedPacket refused(const util::Error& error) {
        return refused(error.code == std::errc::operation_not_supported ? DAEDALUS_STATUS_UNSUPPORTED
                                                                        : DAEDALUS_STATUS_BAD_STREAM,
                       error.message);
    }
};

/// Whether `field` completes the frame that has `open` of its fields so far (Field::both: nothing is open).
[[nodiscard]] constexpr bool completes(Field field, Field open) {
    return field != Field::both && open != Field::both && field != open;
}

/// The part of an AvcodecDecoder that knows the codec.
class FrontEnd {
  public:
    FrontEnd() = default;
    FrontEnd(const FrontEnd&) = delete;
    FrontEnd& operator=(const FrontEnd&) = delete;
    virtual ~FrontEnd() = default;

    [[nodiscard]] virtual AVCodecID codec_id() const = 0;
    /// `open`: the field that the request's buffer was decoded into just before, Field::both if there is
    /// none. It is the client that says which fields belong together.
    [[nodiscard]] virtual PreparedPacket prepare(const bridge::DecodeMessage& message, Field open) = 0;
    /// A packet that decodes to nothing and leaves the references alone: pushes pictures out of frame
    /// threads.
    [[nodiscard]] virtual std::span<const std::uint8_t> filler() const = 0;
    /// Whether libavcodec decodes frames of this codec in parallel, and rightly. If not, filler() is not
    /// used.
    [[nodiscard]] virtual bool frame_threads() const { return true; }
    /// Whether prepare() ever says maybe_fields.
    [[nodiscard]] virtual bool may_have_fields() const { return false; }
    /// Which memory holds the picture when libavcodec asks for more than one in the same packet, or for one
    /// in that of a second field: the first that is asked for a frame, or the last.
    [[nodiscard]] virtual bool first_memory_is_the_picture() const { return false; }
    /// Whether frame threads go on with the references of an earlier packet when they refuse one.
    [[nodiscard]] virtual bool loses_references_with_errors() const { return false; }
    /// Whether libavcodec holds on to the length of the first picture's lines, also when it is flushed, until
    /// the size of pictures changes.
    [[nodiscard]] virtual bool keeps_line_length() const { return false; }
    /// The decoder forgot everything.
    virtual void reset() = 0;
};

/// Null for codecs that libavcodec does not decode here.
std::unique_ptr<FrontEnd> make_front_end(daedalus_codec codec);

} // namespace daedalus::decoder
