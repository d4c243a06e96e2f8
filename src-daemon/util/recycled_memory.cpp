// SPDX-License-Identifier: BSD-2-Clause
#include "util/recycled_memory.h"

#include <cstddef>
#include <mutex>

// A pool hides from AddressSanitizer who uses what is freed.
#if defined(__SANITIZE_ADDRESS__)
#define DAEDALUS_ADDRESS_SANITIZER
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DAEDALUS_ADDRESS_SANITIZER
#endif
#endif

#ifdef DAEDALUS_ADDRESS_SANITIZER

namespace daedalus::util {

std::pmr::memory_resource* recycled_memory() {
    return std::pmr::new_delete_resource();
}

} // namespace daedalus::util

#else

namespace daedalus::util {
namespace {

/// One pool for all threads. std::pmr::synchronized_pool_resource has one for each of them, and what one
/// allocates and another frees, as pictures are, keeps them growing for long.
class SharedPool final : public std::pmr::memory_resource {
    void* do_allocate(std::size_t size, std::size_t alignment) override {
        const std::scoped_lock lock(mutex_);
        return pool_.allocate(size, alignment);
    }
    void do_deallocate(void* memory, std::size_t size, std::size_t alignment) override {
        const std::scoped_lock lock(mutex_);
        pool_.deallocate(memory, size, alignment);
    }
    [[nodiscard]] bool do_is_equal(const std::pmr::memory_resource& other) const noexcept override {
        return this == &other;
    }

    std::mutex mutex_;
    std::pmr::unsynchronized_pool_resource pool_;
};

} // namespace

std::pmr::memory_resource* recycled_memory() {
    // Not destroyed: what lies in it may be freed by destructors of other files that come later.
    static auto* const pool = new SharedPool;
    return pool;
}

} // namespace daedalus::util

#endif
