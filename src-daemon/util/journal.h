// SPDX-License-Identifier: BSD-2-Clause
// Logging to the systemd journal with fields. Apart from log.h, so that workers do not link libsystemd.
#pragma once

#include "util/log.h"

namespace daedalus::util {

/// Whether stderr is connected to the journal, as it is in a service.
[[nodiscard]] bool stderr_is_journal();

/// A LogSink: the line as MESSAGE, the context as DAEDALUS_SESSION, DAEDALUS_CODEC, DAEDALUS_CLIENT_PID,
/// DAEDALUS_CLIENT_COMM and MESSAGE_ID. Falls back to stderr when the journal does not take it.
void log_to_journal(LogLevel level, const LogContext& context, std::string_view text);

} // namespace daedalus::util
