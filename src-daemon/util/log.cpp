// SPDX-License-Identifier: BSD-2-Clause
#include "util/log.h"

#include <unistd.h>

#include <atomic>
#include <cstdarg>
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
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20 && byte != 0x7f) {
            result += c;
        } else {
            result += "\\x";
            result += digits[byte >> 4];
            result += digits[byte & 15];
        }
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
