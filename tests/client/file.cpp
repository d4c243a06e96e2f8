// SPDX-License-Identifier: BSD-2-Clause
#include "file.h"

#include "failure.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace daedalus::client {

void fail_errno(const std::string& what, int error) {
    const char* name = strerrorname_np(error);
    throw Failure(what + ": " + (name != nullptr ? name : std::to_string(error)));
}

File File::open(const std::string& path, int flags) {
    File file(::open(path.c_str(), flags | O_CLOEXEC));
    if (!file.is_open())
        fail_errno("open " + path, errno);
    return file;
}

void File::close() {
    if (descriptor_ >= 0)
        ::close(std::exchange(descriptor_, -1));
}

int File::control(unsigned long request, void* argument) const {
    while (true) {
        const int result = ::ioctl(descriptor_, request, argument);
        if (result >= 0)
            return result;
        if (errno != EINTR)
            return -errno;
    }
}

short File::wait(short events, int milliseconds) const {
    pollfd poll{.fd = descriptor_, .events = events, .revents = 0};
    int count = 0;
    do
        count = ::poll(&poll, 1, milliseconds);
    while (count < 0 && errno == EINTR);
    return count > 0 ? poll.revents : static_cast<short>(0);
}

Mapping::Mapping(int descriptor, size_t size, int protection, int64_t offset) {
    void* address = ::mmap(nullptr, size, protection, MAP_SHARED, descriptor, offset);
    if (address == MAP_FAILED)
        fail_errno("mmap", errno);
    bytes_ = {static_cast<uint8_t*>(address), size};
}

Mapping::~Mapping() {
    if (!bytes_.empty())
        ::munmap(bytes_.data(), bytes_.size());
}

} // namespace daedalus::client
