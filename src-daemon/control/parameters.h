// SPDX-License-Identifier: BSD-2-Clause
// Reading the parameters of a call.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <expected>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace daedalus::control {

/// The name of a parameter that is missing, unknown, or not of its type.
struct BadParameter {
    std::string name;
};

template <typename T>
using Parameter = std::expected<T, BadParameter>;

/// The first parameter that is none of `known`, as an error.
[[nodiscard]] Parameter<void> only(const nlohmann::json& parameters,
                                   std::initializer_list<std::string_view> known);
/// A parameter that may be left out or null. Negative numbers are refused.
[[nodiscard]] Parameter<std::optional<std::uint64_t>> optional_number(const nlohmann::json& parameters,
                                                                      const char* name);
[[nodiscard]] Parameter<std::optional<std::string>> optional_text(const nlohmann::json& parameters,
                                                                  const char* name);
/// A parameter that must be there.
[[nodiscard]] Parameter<std::uint64_t> number(const nlohmann::json& parameters, const char* name);

} // namespace daedalus::control
