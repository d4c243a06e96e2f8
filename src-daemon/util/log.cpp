// SPDX-License-Identifier: BSD-2-Clause
#include "util/log.h"

#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace daedalus::util {
namespace {

std::atomic<LogLevel> threshold = LogLevel::info;
std::atomic<LogSink> current_sink = log_to_stderr;

std::string vformat(const char* format, va_list arguments) {
    char* made = nullptr;
    const int length = vasprintf(&made, format, arguments);
    if (length < 0)
        return format;
    std::string text(made, static_cast<std::size_t>(length));
    std::free(made);
    return text;
}

/// The length in bytes of the character that the text begins with (RFC 3629), or 0 if that is none, or one
/// that does something: C0 and C1 controls, and those that break lines or turn the direction of writing.
std::size_t printable_character(std::string_view text) {
    const auto byte = [&](std::size_t at) {
        return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned lead = byte(0);
    if (lead < 0x80)
        return lead >= 0x20 && lead != 0x7f ? 1 : 0;
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
    std::uint32_t character = lead & (0x7fU >> length);
    for (std::size_t i = 1; i < length; i++) {
        if ((byte(i) & 0xc0U) != 0x80)
            return 0;
        character = character << 6U | (byte(i) & 0x3fU);
    }
    static constexpr std::array<std::uint32_t, 5> least = {0, 0, 0xa0, 0x800, 0x10000};
    const auto within = [character](std::uint32_t first, std::uint32_t last) {
        return character >= first && character <= last;
    };
    if (lead < 0xc0 || character < least[length] || character > 0x10ffff || within(0xd800, 0xdfff) ||
        within(0x2028, 0x202e) || within(0x2066, 0x2069))
        return 0;
    return length;
}

void write_line(const LogContext& context, LogLevel level, const char* format, va_list arguments) {
    if (level > threshold.load(std::memory_order_relaxed))
        return;
    const std::string text = printable(vformat(format, arguments));
    current_sink.load(std::memory_order_relaxed)(level, context, text);
}

} // namespace

void set_log_level(LogLevel level) {
    threshold = level;
}

void set_log_sink(LogSink sink) {
    current_sink = sink ? sink : log_to_stderr;
}

void log(LogLevel level, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_line(LogContext{}, level, format, arguments);
    va_end(arguments);
}

void log(const LogContext& context, LogLevel level, const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    write_line(context, level, format, arguments);
    va_end(arguments);
}

void log_to_stderr(LogLevel level, const LogContext& context, std::string_view text) {
    static constexpr const char* names[] = {"", "", "", "error: ", "warning: ", "", "", "debug: "};
    std::string line = names[static_cast<int>(level) & 7];
    if (context.session != 0) {
        line += "session " + std::to_string(context.session);
        if (!context.codec.empty() || context.client_pid != 0) {
            line += " (" + context.codec;
            if (context.client_pid != 0)
                line += (context.codec.empty() ? "" : ", ") + printable(context.client_comm) + '[' +
                        std::to_string(context.client_pid) + ']';
            line += ')';
        }
        line += ": ";
    }
    line.append(text);
    line += '\n';
    // One write, so that lines of several processes on one stderr do not mix. Nobody to tell when it fails.
    [[maybe_unused]] const auto written = ::write(STDERR_FILENO, line.data(), line.size());
}

std::string printable(std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const std::size_t length = printable_character(text);
        result.append(text.substr(0, length));
        text.remove_prefix(length);
        if (length > 0)
            continue;
        const auto byte = static_cast<unsigned char>(text.front());
        result += "\\x";
        result += digits[byte >> 4];
        result += digits[byte & 15];
        text.remove_prefix(1);
    }
    return result;
}

std::string format(const char* format, ...) {
    va_list arguments;
    va_start(arguments, format);
    std::string text = vformat(format, arguments);
    va_end(arguments);
    return text;
}

} // namespace daedalus::util
