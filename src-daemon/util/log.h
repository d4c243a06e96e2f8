// SPDX-License-Identifier: BSD-2-Clause
// The one way to log, for programs only: the libraries of this project return errors and never log.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace daedalus::util {

/// The values are syslog's.
enum class LogLevel {
    error = 3,
    warning = 4,
    notice = 5,
    info = 6,
    debug = 7,
};

/// Whom a line is about; empty members are left out of the line.
struct LogContext {
    std::uint64_t session = 0;    ///< 0: about no session
    std::string codec;            ///< "H.264"
    std::uint32_t client_pid = 0; ///< 0: unknown
    std::string client_comm;      ///< chosen by the client: escaped before it is written
    std::string message_id;       ///< a journal MESSAGE_ID, 32 hexadecimal digits
};

/// Where lines go. `text` is one line without newline or control characters.
using LogSink = void (*)(LogLevel level, const LogContext& context, std::string_view text);

/// Lines less urgent than `level` are dropped. info unless set.
void set_log_level(LogLevel level);
/// Replaces where lines go; stderr unless set. nullptr: stderr again.
void set_log_sink(LogSink sink);

/// Logs one line, printf style. Control characters in it are escaped, so that nothing a client chose can
/// forge a line or drive a terminal.
void log(LogLevel level, const char* format, ...) __attribute__((format(printf, 2, 3)));
void log(const LogContext& context, LogLevel level, const char* format, ...)
    __attribute__((format(printf, 3, 4)));

/// The sink that is used unless another is set: "session 3 (H.264, firefox[1234]): text" on stderr.
void log_to_stderr(LogLevel level, const LogContext& context, std::string_view text);

/// `text` with all bytes written as \xNN that belong to no printable character of ASCII or UTF-8.
[[nodiscard]] std::string printable(std::string_view text);

/// snprintf into a std::string.
[[nodiscard]] std::string format(const char* format, ...) __attribute__((format(printf, 1, 2)));

} // namespace daedalus::util
