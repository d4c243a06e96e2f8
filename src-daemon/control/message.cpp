// SPDX-License-Identifier: BSD-2-Clause
#include "control/message.h"

#include <utility>

namespace daedalus::control {
namespace {

using nlohmann::json;

/// Whether arrays and objects nest at most max_nesting deep; looked at before anything is built from the
/// text.
bool nesting_allowed(std::string_view text) {
    unsigned depth = 0;
    bool in_string = false;
    bool escaped = false;
    for (const char c : text) {
        if (in_string) {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
        } else if (c == '"') {
            in_string = true;
        } else if (c == '{' || c == '[') {
            if (++depth > max_nesting)
                return false;
        } else if ((c == '}' || c == ']') && depth > 0) {
            --depth;
        }
    }
    return true;
}

/// Reads an optional boolean member; false: it is something else.
bool read_flag(const json& message, const char* name, bool& flag) {
    const auto member = message.find(name);
    if (member == message.end() || member->is_null())
        return true;
    if (!member->is_boolean())
        return false;
    flag = member->get<bool>();
    return true;
}

std::string serialize(const json& message) {
    std::string text = message.dump(-1, ' ', false, json::error_handler_t::replace);
    text.push_back('\0');
    return text;
}

} // namespace

void MessageBuffer::append(std::string_view bytes) {
    drop_taken();
    data_.append(bytes.substr(0, room()));
}

std::optional<std::string_view> MessageBuffer::next() {
    drop_taken();
    const std::size_t end = data_.find('\0');
    if (end == std::string::npos)
        return std::nullopt;
    taken_ = end + 1;
    return std::string_view(data_).substr(0, end);
}

bool MessageBuffer::overlong() const {
    return data_.size() >= limit_ && data_.find('\0', taken_) == std::string::npos && taken_ == 0;
}

void MessageBuffer::drop_taken() {
    data_.erase(0, std::exchange(taken_, 0));
}

std::expected<Request, BadMessage> parse_request(std::string_view text) {
    if (!nesting_allowed(text))
        return std::unexpected(BadMessage{});
    json message = json::parse(text, nullptr, false);
    if (!message.is_object())
        return std::unexpected(BadMessage{});

    Request request;
    const auto method = message.find("method");
    if (method == message.end() || !method->is_string())
        return std::unexpected(BadMessage{"method"});
    request.method = std::move(method->get_ref<std::string&>());

    const auto parameters = message.find("parameters");
    if (parameters != message.end() && !parameters->is_null()) {
        if (!parameters->is_object())
            return std::unexpected(BadMessage{"parameters"});
        request.parameters = std::move(*parameters);
    }
    bool upgrade = false;
    if (!read_flag(message, "more", request.more))
        return std::unexpected(BadMessage{"more"});
    if (!read_flag(message, "oneway", request.oneway))
        return std::unexpected(BadMessage{"oneway"});
    if (!read_flag(message, "upgrade", upgrade) || upgrade)
        return std::unexpected(BadMessage{"upgrade"});
    return request;
}

std::string make_reply(json parameters, bool continues) {
    json message = json::object();
    message["parameters"] = std::move(parameters);
    if (continues)
        message["continues"] = true;
    return serialize(message);
}

std::string make_error(std::string_view error, const json& parameters) {
    return serialize({{"error", error}, {"parameters", parameters}});
}

} // namespace daedalus::control
