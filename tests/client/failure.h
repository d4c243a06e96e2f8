// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <stdexcept>
#include <string>

namespace daedalus::client {

/** A scenario did not go as it should; what() is the reason that the result line gives. */
class Failure : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/** A scenario can't run here, on this kernel for example. */
class Skip : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

/** Throws a Failure unless @p condition holds. */
inline void expect(bool condition, const std::string& otherwise) {
    if (!condition)
        throw Failure(otherwise);
}

/** Throws a Failure that names an errno value, such as "EBUSY" by its words. */
[[noreturn]] void fail_errno(const std::string& what, int error);

} // namespace daedalus::client
