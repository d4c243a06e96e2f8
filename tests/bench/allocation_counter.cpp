// SPDX-License-Identifier: BSD-2-Clause
#include "bench/allocation_counter.h"

#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <new>

// NOLINTBEGIN(bugprone-reserved-identifier,readability-identifier-naming): glibc's and the linker's names
extern "C" {
/// What glibc calls the functions that are replaced here.
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
/// Where this program's own code begins and ends.
extern const char __executable_start;
extern const char etext;
}
// NOLINTEND(bugprone-reserved-identifier,readability-identifier-naming)

namespace daedalus::bench {
namespace {

std::atomic<AllocationCounts*> target{nullptr};

void count_own(std::size_t size) {
    if (AllocationCounts* const counts = target.load(std::memory_order_relaxed)) {
        counts->own.fetch_add(1, std::memory_order_relaxed);
        counts->own_bytes.fetch_add(size, std::memory_order_relaxed);
    }
}

/// `caller`: an address in whoever called malloc.
void count(const void* caller, std::size_t size) {
    if (caller >= &__executable_start && caller < &etext) {
        count_own(size);
        return;
    }
    if (AllocationCounts* const counts = target.load(std::memory_order_relaxed)) {
        counts->libraries.fetch_add(1, std::memory_order_relaxed);
        counts->libraries_bytes.fetch_add(size, std::memory_order_relaxed);
    }
}

void* allocate(std::size_t size, std::size_t alignment) {
    count_own(size);
    void* const memory = alignment == 0 ? __libc_malloc(size) : __libc_memalign(alignment, size);
    if (memory == nullptr)
        throw std::bad_alloc();
    return memory;
}

} // namespace

void count_allocations(AllocationCounts* counts) {
    target = counts;
}

} // namespace daedalus::bench

using daedalus::bench::allocate;
using daedalus::bench::count;

// NOLINTBEGIN(readability-inconsistent-declaration-parameter-name): glibc's have two underscores
extern "C" {

void* malloc(std::size_t size) {
    count(__builtin_return_address(0), size);
    return __libc_malloc(size);
}

void* calloc(std::size_t number, std::size_t size) {
    count(__builtin_return_address(0), number * size);
    return __libc_calloc(number, size);
}

void* realloc(void* old, std::size_t size) {
    count(__builtin_return_address(0), size);
    return __libc_realloc(old, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
    count(__builtin_return_address(0), size);
    return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    count(__builtin_return_address(0), size);
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
    count(__builtin_return_address(0), size);
    *memory = __libc_memalign(alignment, size);
    return *memory != nullptr ? 0 : ENOMEM;
}
}
// NOLINTEND(readability-inconsistent-declaration-parameter-name)

void* operator new(std::size_t size) {
    return allocate(size, 0);
}
void* operator new[](std::size_t size) {
    return allocate(size, 0);
}
void* operator new(std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
    return allocate(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept {
    std::free(memory);
}
void operator delete[](void* memory) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}
void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}
void operator delete[](void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept {
    std::free(memory);
}
