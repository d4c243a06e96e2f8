// SPDX-License-Identifier: BSD-2-Clause
// Memory for the small things that come and go with each picture.
#pragma once

#include <cstdint>
#include <memory>
#include <memory_resource>
#include <type_traits>
#include <utility>

namespace daedalus::util {

/// What is freed there is what the next one gets: in the steady state nothing is asked of malloc, which all
/// threads of a worker would have to share. Thread safe, never given back, and there until the process ends.
[[nodiscard]] std::pmr::memory_resource* recycled_memory();

/// std::make_shared() with it.
template <typename T, typename... Arguments>
std::shared_ptr<T> make_recycled(Arguments&&... arguments) {
    return std::allocate_shared<T>(std::pmr::polymorphic_allocator<std::remove_const_t<T>>(recycled_memory()),
                                   std::forward<Arguments>(arguments)...);
}

} // namespace daedalus::util
