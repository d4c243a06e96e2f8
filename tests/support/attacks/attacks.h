// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <span>

namespace daedalus::test {

/** What somebody who runs code in a worker would like to do next. */
struct Attack {
    const char* name;
    const char* call; ///< the system call that a sandbox must refuse, by its name
    void (*run)();    ///< makes it
};

std::span<const Attack> attacks();

} // namespace daedalus::test
