// SPDX-License-Identifier: BSD-2-Clause
// A worker taken over by a stream: once, as it is about to decode, it runs one of the attacks instead. It is
// the worker that users have, with LD_PRELOAD=.../libdaedalus_hostile_codec.so in the daemon's environment,
// for the daemon to pass on.
//
// /tmp/daedalus-attack begins with '1' when an attack is wanted, then comes its name and a zero. Workers map
// the file when they load libavcodec; the first one that decodes something sets the '1' to '0'.
#include "support/attacks/attacks.h"

#include <atomic>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace {

constexpr std::size_t wish_size = 64;

struct Wish {
    std::atomic<char> wanted;
    char name[wish_size - 1];
};

using Dlsym = void*(void*, const char*);
using SendPacket = int(void*, const void*);

Wish* wish = nullptr;
SendPacket* real_send_packet = nullptr;

Wish* map_wish() {
    const int fd = open("/tmp/daedalus-attack", O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return nullptr;
    void* memory = mmap(nullptr, wish_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    return memory == MAP_FAILED ? nullptr : static_cast<Wish*>(memory);
}

int hostile_send_packet(void* context, const void* packet) {
    char wanted = '1';
    if (wish != nullptr && wish->wanted.compare_exchange_strong(wanted, '0'))
        for (const daedalus::test::Attack& attack : daedalus::test::attacks())
            if (std::strcmp(attack.name, wish->name) == 0)
                attack.run();
    return real_send_packet(context, packet);
}

} // namespace

// The worker finds the functions of libavcodec with it.
extern "C" __attribute__((visibility("default"))) void* dlsym(void* handle, const char* name) noexcept {
    static auto* const real_dlsym = reinterpret_cast<Dlsym*>(dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34"));
    void* const address = real_dlsym(handle, name);
    if (std::strcmp(name, "avcodec_send_packet") != 0)
        return address;
    wish = map_wish();
    real_send_packet = reinterpret_cast<SendPacket*>(address);
    return reinterpret_cast<void*>(hostile_send_packet);
}
