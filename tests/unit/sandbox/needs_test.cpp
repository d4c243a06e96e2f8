// SPDX-License-Identifier: BSD-2-Clause
// What a worker must be able to do behind the door. That every codec can is shown by the tests of workers,
// which all run in the sandbox.
#include "sandbox/locked_up.h"

#include "daedalus/protocol.h"
#include "util/log.h"
#include "util/unique_fd.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <linux/dma-buf.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <thread>

namespace daedalus::test {
namespace {

void expect_exit(const Ended& ended, int status) {
    EXPECT_FALSE(ended.by_signal) << describe(ended);
    EXPECT_EQ(ended.value, status) << describe(ended);
}

/// Allocates and frees in all sizes, touching what it gets.
void use_memory(unsigned rounds) {
    std::vector<std::unique_ptr<char[]>> kept;
    for (unsigned round = 0; round < rounds; round++) {
        const std::size_t size = std::size_t{16} << (round % 20);
        kept.push_back(std::make_unique<char[]>(size));
        if (kept.size() > 8)
            kept.erase(kept.begin());
    }
}

TEST(BehindTheDoor, TheLogIsWritten) {
    const Ended ended = run_locked_up([] {
        util::log(util::LogLevel::warning, "frame %d is broken", 7);
        return 3;
    });
    expect_exit(ended, 3);
    EXPECT_EQ(ended.stderr_text, "warning: frame 7 is broken\n");
}

TEST(BehindTheDoor, MemoryComesAndGoes) {
    expect_exit(run_locked_up([] {
                    use_memory(200);
                    void* memory = std::malloc(1 << 20);
                    bool grows = memory != nullptr;
                    for (std::size_t size = 1 << 20; grows && size < 64U << 20; size *= 2) {
                        void* const larger = std::realloc(memory, size);
                        grows = larger != nullptr;
                        memory = grows ? larger : memory;
                    }
                    std::free(memory);
                    return grows ? 0 : 1;
                }),
                0);
}

TEST(BehindTheDoor, MemoryEndsAtTheLimit) {
    expect_exit(run({.limits = {.memory_bytes = 256U << 20},
                     .behind_the_door =
                         [] {
                             try {
                                 // Kept from being optimized away.
                                 const std::unique_ptr<char[]> memory(new char[512U << 20]);
                                 return memory[12345] == 1 ? 1 : 2;
                             } catch (const std::bad_alloc&) {
                                 return 0;
                             }
                         }}),
                0);
}

/// Threads that were started before but get to run only now, name themselves, allocate and end.
TEST(BehindTheDoor, ThreadsStart) {
    static std::vector<std::thread> threads;
    expect_exit(run({.between =
                         [] {
                             for (int i = 0; i < 8; i++)
                                 threads.emplace_back([] {
                                     prctl(PR_SET_NAME, "decoder", 0, 0, 0);
                                     use_memory(500);
                                 });
                         },
                     .behind_the_door =
                         [] {
                             for (std::thread& thread : threads)
                                 thread.join();
                             return 0;
                         }}),
                0);
}

TEST(BehindTheDoor, BuffersAreMapped) {
    const util::UniqueFd buffer(memfd_create("buffer", MFD_CLOEXEC));
    ASSERT_EQ(ftruncate(buffer.get(), 8192), 0);
    expect_exit(run({.keep = {buffer.get()},
                     .behind_the_door =
                         [&] {
                             if (lseek(buffer.get(), 0, SEEK_END) != 8192)
                                 return 1;
                             void* memory =
                                 mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_SHARED, buffer.get(), 0);
                             if (memory == MAP_FAILED)
                                 return 2;
                             std::memset(memory, 7, 8192);
                             return munmap(memory, 8192) == 0 ? 0 : 3;
                         }}),
                0);
    char byte = 0;
    EXPECT_EQ(pread(buffer.get(), &byte, 1, 5000), 1);
    EXPECT_EQ(byte, 7);
}

/// That it isn't a session which answers shows that the calls reach the kernel.
TEST(BehindTheDoor, TheSessionsCallsGoThrough) {
    for (const unsigned long request :
         {(unsigned long)DAEDALUS_IOC_COMPLETE, (unsigned long)DAEDALUS_IOC_EXPORT,
          (unsigned long)DAEDALUS_IOC_FLUSHED, (unsigned long)DAEDALUS_IOC_PICTURE,
          (unsigned long)DAEDALUS_IOC_STREAM, (unsigned long)DAEDALUS_IOC_MAX_MESSAGE,
          (unsigned long)DMA_BUF_IOCTL_SYNC})
        expect_exit(run_locked_up([&] {
                        char argument[64] = {};
                        return ioctl(STDIN_FILENO, request, argument) < 0 && errno == ENOTTY ? 0 : 1;
                    }),
                    0);
}

/// Of which there are too many to name them: all of DRM's type, on whatever is open.
TEST(BehindTheDoor, AGpusCallsGoThrough) {
    for (const unsigned number : {0x00U, 0x2eU, 0x47U, 0xffU})
        expect_exit(run({.gpu = true,
                         .behind_the_door =
                             [&] {
                                 char argument[64] = {};
                                 const unsigned long request = _IOWR('d', number, argument);
                                 return ioctl(STDIN_FILENO, request, argument) < 0 && errno == ENOTTY ? 0 : 1;
                             }}),
                    0);
    expect_exit(run({.gpu = true,
                     .behind_the_door = [] { return fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0) > 0 ? 0 : 1; }}),
                0);
}

TEST(BehindTheDoor, TimePasses) {
    expect_exit(run_locked_up([] {
                    pollfd none = {STDIN_FILENO, 0, 0};
                    const timespec moment = {0, 1000000};
                    timespec now = {};
                    return poll(&none, 1, 1) == 0 && ppoll(&none, 1, &moment, nullptr) == 0 &&
                                   clock_gettime(CLOCK_MONOTONIC, &now) == 0
                               ? 0
                               : 1;
                }),
                0);
}

TEST(BehindTheDoor, LibrariesFindWhatTheyAskFor) {
    expect_exit(run_locked_up([] {
                    // glibc asks for the size of memory before it sorts more than a little.
                    std::vector<int> numbers(100000);
                    std::generate(numbers.begin(), numbers.end(), std::rand);
                    std::qsort(numbers.data(), numbers.size(), sizeof(int),
                               [](const void* a, const void* b) { return std::memcmp(a, b, sizeof(int)); });
                    char random[16];
                    cpu_set_t cpus;
                    return getrandom(random, sizeof(random), 0) == sizeof(random) &&
                                   sched_getaffinity(0, sizeof(cpus), &cpus) == 0
                               ? 0
                               : 1;
                }),
                0);
}

/// A codec that crashes is told from one that attacks.
TEST(BehindTheDoor, CrashesAreCrashes) {
    const Ended aborted = run_locked_up([]() -> int { std::abort(); });
    EXPECT_TRUE(aborted.by_signal && aborted.value == SIGABRT) << describe(aborted);
    EXPECT_FALSE(aborted.refused_call);

    const Ended thrown = run_locked_up([]() -> int { throw std::runtime_error("nobody catches this"); });
    EXPECT_TRUE(thrown.by_signal && thrown.value == SIGABRT) << describe(thrown);
    EXPECT_NE(thrown.stderr_text.find("nobody catches this"), std::string::npos) << describe(thrown);

    const Ended corrupted = run_locked_up([] {
        static char no_heap[64];
        char* volatile pointer = no_heap + 16;
        std::free(pointer); // NOLINT(clang-analyzer-unix.Malloc): meant
        return 0;
    });
    EXPECT_TRUE(corrupted.by_signal && corrupted.value == SIGABRT) << describe(corrupted);
    EXPECT_NE(corrupted.stderr_text.find("free()"), std::string::npos) << describe(corrupted);
}

TEST(BehindTheDoor, OnlyWhatIsKeptIsOpen) {
    const util::UniqueFd kept(open("/dev/zero", O_RDONLY | O_CLOEXEC));
    const util::UniqueFd other(open("/dev/zero", O_RDONLY | O_CLOEXEC));
    const util::UniqueFd high(fcntl(other.get(), F_DUPFD_CLOEXEC, 300));
    ASSERT_TRUE(kept && other && high);
    expect_exit(run({.keep = {kept.get()},
                     .behind_the_door =
                         [&] {
                             char byte = 1;
                             const auto closed = [&](const util::UniqueFd& fd) {
                                 return read(fd.get(), &byte, 1) < 0 && errno == EBADF;
                             };
                             if (read(kept.get(), &byte, 1) != 1 || byte != 0)
                                 return 1;
                             if (!closed(other) || !closed(high))
                                 return 2;
                             return read(STDIN_FILENO, &byte, 1) == 0 ? 0 : 3; // /dev/null
                         }}),
                0);
}

} // namespace
} // namespace daedalus::test
