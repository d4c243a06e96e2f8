// SPDX-License-Identifier: BSD-2-Clause
// Varlink messages: JSON objects with a NUL byte behind each (https://varlink.org/Method-Call).
#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace daedalus::control {

/// How deep arrays and objects may nest in a call. Ours need two levels.
inline constexpr unsigned max_nesting = 16;

/// Cuts a byte stream into messages and bounds how much of one is kept.
class MessageBuffer {
  public:
    /// `limit`: bytes of the longest message, its NUL included.
    explicit MessageBuffer(std::size_t limit) : limit_(limit) {}

    /// Bytes that append() takes now; 0 when a message does not fit, or when next() must be called first.
    [[nodiscard]] std::size_t room() const { return limit_ - data_.size(); }
    /// Takes bytes, at most room() of them.
    void append(std::string_view bytes);
    /// The next whole message, without its NUL. Valid until the next call of a function of this object.
    [[nodiscard]] std::optional<std::string_view> next();
    /// Whether the buffer is full and holds no whole message: the message is longer than the limit.
    [[nodiscard]] bool overlong() const;

  private:
    void drop_taken();

    std::size_t limit_;
    std::string data_;
    std::size_t taken_ = 0; // bytes of the message that next() gave out
};

/// A method call.
struct Request {
    std::string method;
    nlohmann::json parameters = nlohmann::json::object(); ///< always an object
    bool more = false;
    bool oneway = false;
};

/// Why a message is no call.
struct BadMessage {
    /// The member that is wrong; empty: the message is no JSON object, and nothing can be answered.
    std::string member;
};

/// Reads a call. Any bytes may be given.
[[nodiscard]] std::expected<Request, BadMessage> parse_request(std::string_view text);

/// A reply, NUL included. Bytes that are not UTF-8 are replaced.
[[nodiscard]] std::string make_reply(nlohmann::json parameters, bool continues);
/// An error reply, NUL included. `error` is its full name.
[[nodiscard]] std::string make_error(std::string_view error, const nlohmann::json& parameters);

} // namespace daedalus::control
