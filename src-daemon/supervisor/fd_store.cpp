// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/fd_store.h"

#include "util/log.h"

#include <fcntl.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <cstring>

namespace daedalus::supervisor {

FdStore FdStore::from_environment() {
    const bool manager = std::getenv("NOTIFY_SOCKET") != nullptr;
    std::map<std::string, util::UniqueFd> left;
    char** names = nullptr;
    const int count = sd_listen_fds_with_names(1, &names);
    for (int i = 0; i < count; i++) {
        util::UniqueFd fd(SD_LISTEN_FDS_START + i);
        fcntl(fd.get(), F_SETFD, FD_CLOEXEC);
        left.insert_or_assign(names[i], std::move(fd));
        std::free(names[i]);
    }
    std::free(names);
    return manager ? FdStore(std::move(left)) : FdStore();
}

void FdStore::keep(const std::string& name, int fd) const {
    if (!active_ || fd < 0)
        return;
    const std::string message = "FDSTORE=1\nFDNAME=" + name;
    if (const int sent = sd_pid_notify_with_fds(0, 0, message.c_str(), &fd, 1); sent < 0)
        util::log(util::LogLevel::warning, "can't have %s kept over a restart: %s", name.c_str(),
                  std::strerror(-sent));
}

void FdStore::drop(const std::string& name) const {
    if (active_)
        (void)sd_notify(0, ("FDSTOREREMOVE=1\nFDNAME=" + name).c_str());
}

util::UniqueFd FdStore::take(const std::string& name) {
    const auto found = left_.find(name);
    if (found == left_.end())
        return {};
    util::UniqueFd fd = std::move(found->second);
    left_.erase(found);
    return fd;
}

void FdStore::drop_left() {
    for (const auto& [name, fd] : left_)
        drop(name);
    left_.clear();
}

} // namespace daedalus::supervisor
