// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "random.h"

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <sys/ioctl.h>

namespace daedalus::client {

/** Memory of which a part can't be read or written, to point system calls at. */
class WildMemory {
  public:
    WildMemory();
    WildMemory(const WildMemory&) = delete;
    WildMemory& operator=(const WildMemory&) = delete;
    ~WildMemory();

    /** A place for @p size bytes that is wrong in one of several ways. */
    void* somewhere(Random& random, size_t size) const;

  private:
    std::span<uint8_t> pages_; ///< one to read and write, one to read, one that is nothing
};

/**
 * ioctl(2) with an argument that now and then lies where it must not, or is of another size than said.
 * @return what it returned, or -errno
 */
template <typename Argument>
int wild_ioctl(Random& random, const WildMemory& memory, int descriptor, unsigned long request,
               Argument& argument) {
    void* place = &argument;
    if (random.percent(2)) {
        place = memory.somewhere(random, sizeof(argument));
    }
    const int result = ::ioctl(descriptor, request, place);
    return result < 0 ? -errno : result;
}

} // namespace daedalus::client
