// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/session_record.h"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

namespace daedalus::supervisor {
namespace {

/// The last byte is stepped when the meaning of a member changes; the size tells most other changes.
constexpr std::uint64_t record_magic = 0x4441'4544'5245'4301;

struct RecordFile {
    std::uint64_t magic;
    SessionRecord record;
};

} // namespace

util::Result<void> write_record(util::UniqueFd& fd, const SessionRecord& record) {
    if (!fd)
        fd.reset(memfd_create("daedalus-session", MFD_CLOEXEC));
    if (!fd)
        return util::fail_errno("cannot write a session down");
    const RecordFile file = {record_magic, record};
    if (pwrite(fd.get(), &file, sizeof(file), 0) != static_cast<ssize_t>(sizeof(file)))
        return util::fail_errno("cannot write a session down");
    return {};
}

util::Result<SessionRecord> read_record(const util::UniqueFd& fd) {
    struct stat status {};
    RecordFile file{};
    if (fstat(fd.get(), &status) != 0 || status.st_size != static_cast<off_t>(sizeof(file)) ||
        pread(fd.get(), &file, sizeof(file), 0) != static_cast<ssize_t>(sizeof(file)) ||
        file.magic != record_magic || file.record.info.codec >= DAEDALUS_CODEC_COUNT ||
        file.record.info.kind > DAEDALUS_SESSION_STATEFUL || file.record.worker_pid < 0)
        return util::fail(EINVAL, "what was written down about a session is of another version");
    file.record.info.client_comm[sizeof(file.record.info.client_comm) - 1] = '\0';
    return file.record;
}

} // namespace daedalus::supervisor
