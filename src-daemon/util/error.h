// SPDX-License-Identifier: BSD-2-Clause
// What went wrong, as a value: the error type of every std::expected here.
#pragma once

#include <cerrno>
#include <cstring>
#include <expected>
#include <string>
#include <system_error>
#include <utility>

namespace daedalus::util {

/// A failure: a code for programs and a sentence for people. The sentence says what happened to what and,
/// where somebody can do something about it, what; it has no trailing full stop and no newline.
struct Error {
    std::error_code code;
    std::string message;
};

/// An error with an errno value of your choosing, whose text is not appended: for input that is refused.
[[nodiscard]] inline std::unexpected<Error> fail(int error_number, std::string message) {
    return std::unexpected(Error{std::error_code(error_number, std::generic_category()), std::move(message)});
}

/// An error of a system call: `what` and the text of `error_number`, by default the current errno.
[[nodiscard]] inline std::unexpected<Error> fail_errno(const std::string& what, int error_number = errno) {
    const std::error_code code(error_number, std::generic_category());
    return std::unexpected(Error{code, what + ": " + code.message()});
}

template <typename T>
using Result = std::expected<T, Error>;

} // namespace daedalus::util
