// SPDX-License-Identifier: BSD-2-Clause
#include "util/journal.h"

#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

// The location macros would name this file for every line.
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>

#include <cstdio>
#include <cstdlib>
#include <vector>

namespace daedalus::util {

bool stderr_is_journal() {
    // systemd.exec(5): device and inode of the stream that the journal reads, to be compared with our own.
    const char* stream = std::getenv("JOURNAL_STREAM");
    if (!stream)
        return false;
    unsigned long long device = 0, inode = 0;
    if (std::sscanf(stream, "%llu:%llu", &device, &inode) != 2) // NOLINT(cert-err34-c)
        return false;
    struct stat status = {};
    return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

void log_to_journal(LogLevel level, const LogContext& context, std::string_view text) {
    std::vector<std::string> fields;
    fields.push_back("PRIORITY=" + std::to_string(static_cast<int>(level)));
    if (context.session != 0)
        fields.push_back("DAEDALUS_SESSION=" + std::to_string(context.session));
    if (!context.codec.empty())
        fields.push_back("DAEDALUS_CODEC=" + context.codec);
    if (context.client_pid != 0) {
        fields.push_back("DAEDALUS_CLIENT_PID=" + std::to_string(context.client_pid));
        fields.push_back("DAEDALUS_CLIENT_COMM=" + printable(context.client_comm));
    }
    if (!context.message_id.empty())
        fields.push_back("MESSAGE_ID=" + context.message_id);
    std::string message = "MESSAGE=";
    if (context.session != 0)
        message += "session " + std::to_string(context.session) + ": ";
    message.append(text);
    fields.push_back(std::move(message));

    std::vector<iovec> vectors;
    vectors.reserve(fields.size());
    for (std::string& field : fields)
        vectors.push_back({field.data(), field.size()});
    if (sd_journal_sendv(vectors.data(), static_cast<int>(vectors.size())) < 0)
        log_to_stderr(level, context, text);
}

} // namespace daedalus::util
