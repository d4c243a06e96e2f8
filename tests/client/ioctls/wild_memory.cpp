// SPDX-License-Identifier: BSD-2-Clause
#include "wild_memory.h"

#include "client/failure.h"

#include <sys/mman.h>
#include <unistd.h>

namespace daedalus::client {

namespace {

size_t page_size() {
    return static_cast<size_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

WildMemory::WildMemory() {
    const size_t page = page_size();
    void* address = ::mmap(nullptr, 3 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    expect(address != MAP_FAILED, "mmap");
    pages_ = {static_cast<uint8_t*>(address), 3 * page};
    expect(::mprotect(&pages_[page], page, PROT_READ) == 0 &&
               ::mprotect(&pages_[2 * page], page, PROT_NONE) == 0,
           "mprotect");
}

WildMemory::~WildMemory() {
    ::munmap(pages_.data(), pages_.size());
}

void* WildMemory::somewhere(Random& random, size_t size) const {
    const size_t page = page_size(), half = size / 2 < page ? size / 2 : page - 1;
    switch (random.below(5)) {
    case 0:
        return nullptr;
    case 1: // its second half can't be written
        return &pages_[page - half];
    case 2:
        return &pages_[page];
    case 3: // its second half can't be read
        return &pages_[2 * page - half];
    default:
        return reinterpret_cast<void*>(random.bits()); // most of these are no addresses at all
    }
}

} // namespace daedalus::client
