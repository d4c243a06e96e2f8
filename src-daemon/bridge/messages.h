// SPDX-License-Identifier: BSD-2-Clause
// What the kernel says to a worker, as values: the outcome of message_parser.h.
#pragma once

#include "daedalus/protocol.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <variant>

namespace daedalus::bridge {

/// One control of a request. The payload belongs to the buffer that was parsed.
struct ControlView {
    std::uint32_t id = 0;
    std::uint32_t elems = 0; ///< 1 but for arrays
    std::span<const std::byte> payload;
};

/// The controls of a request, looked up by id. Non-owning.
class ControlSet {
  public:
    /// No codec has more controls than this; a message with more is refused.
    static constexpr std::size_t max_controls = 16;

    /// False when the set is full.
    bool add(const ControlView& control) {
        if (count_ == max_controls)
            return false;
        controls_[count_++] = control;
        return true;
    }

    [[nodiscard]] std::span<const ControlView> all() const { return std::span(controls_).first(count_); }

    /// nullptr when the request has no such control.
    [[nodiscard]] const ControlView* find(std::uint32_t id) const {
        for (const ControlView& control : all())
            if (control.id == id)
                return &control;
        return nullptr;
    }

    /// A copy of the control's first element; nothing when it is absent or shorter than T.
    template <typename T>
    [[nodiscard]] std::optional<T> get(std::uint32_t id) const {
        static_assert(std::is_trivially_copyable_v<T>);
        const ControlView* control = find(id);
        if (!control || control->payload.size() < sizeof(T))
            return std::nullopt;
        T value;
        std::memcpy(&value, control->payload.data(), sizeof(T));
        return value;
    }

  private:
    std::array<ControlView, max_controls> controls_ = {};
    std::size_t count_ = 0;
};

/// struct daedalus_msg_format
struct FormatMessage {
    daedalus_codec codec = DAEDALUS_CODEC_H264;
    std::uint32_t max_message = 0; ///< bytes
    std::uint32_t coded_width = 0; ///< luma samples
    std::uint32_t coded_height = 0;
    daedalus_session_kind kind = DAEDALUS_SESSION_STATELESS;
    std::uint32_t input_epoch = 0; ///< of cookies; see the protocol
    daedalus_picture_layout capture = {};
};

/// struct daedalus_msg_decode. Controls and bitstream belong to the buffer that was parsed.
struct DecodeMessage {
    std::uint64_t cookie = 0;
    std::uint64_t timestamp = 0; ///< ns
    std::uint64_t dst_buffer = 0;
    std::uint32_t flags = 0; ///< DAEDALUS_DECODE_*
    std::uint32_t attempt = 0;
    std::uint32_t queued = 0;
    std::uint32_t coded_width = 0;
    std::uint32_t coded_height = 0;
    std::uint64_t age_ns = 0;
    daedalus_picture_layout dst = {};
    ControlSet controls;
    std::span<std::byte> bitstream; ///< writable: the worker puts padding after it
};

/// struct daedalus_msg_flush
struct FlushMessage {
    std::uint32_t epoch = 0;
    std::uint32_t flags = 0; ///< DAEDALUS_FLUSH_*
};

/// struct daedalus_msg_input. The bitstream belongs to the buffer that was parsed.
struct InputMessage {
    std::uint64_t cookie = 0;
    std::uint64_t timestamp = 0; ///< ns
    std::uint32_t attempt = 0;
    std::uint32_t queued = 0;
    std::uint64_t age_ns = 0;
    std::span<std::byte> bitstream; ///< writable: the worker puts padding after it
};

/// struct daedalus_msg_capture
struct CaptureMessage {
    std::uint64_t cookie = 0;
    std::uint64_t buffer = 0;
    std::uint32_t flags = 0; ///< DAEDALUS_CAPTURE_*
    daedalus_picture_layout layout = {};
};

/// struct daedalus_msg_drain
struct DrainMessage {
    std::uint64_t cookie = 0;
    std::uint32_t attempt = 0;
};

/// struct daedalus_msg_retire
struct RetireMessage {
    std::uint64_t buffer = 0; ///< 0: all of them
};

using Message = std::variant<FormatMessage, DecodeMessage, FlushMessage, RetireMessage, InputMessage,
                             CaptureMessage, DrainMessage>;

} // namespace daedalus::bridge
