// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "failure.h"

#include <cstddef>
#include <new>
#include <span>
#include <sys/mman.h>

namespace daedalus::client {

/** What children write and their parent reads: made before they are. */
template <typename T>
class SharedArray {
  public:
    explicit SharedArray(size_t count) : bytes_(count * sizeof(T)) {
        void* memory = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        expect(memory != MAP_FAILED, "mmap");
        values_ = {static_cast<T*>(memory), count};
        for (T& value : values_)
            new (&value) T{};
    }
    ~SharedArray() { ::munmap(values_.data(), bytes_); }
    SharedArray(const SharedArray&) = delete;
    SharedArray& operator=(const SharedArray&) = delete;

    T& operator[](size_t index) const { return values_[index]; }
    auto begin() const { return values_.begin(); }
    auto end() const { return values_.end(); }

  private:
    size_t bytes_;
    std::span<T> values_;
};

} // namespace daedalus::client
