// SPDX-License-Identifier: BSD-2-Clause
#include "control/parameters.h"

#include <algorithm>

namespace daedalus::control {

using nlohmann::json;

Parameter<void> only(const json& parameters, std::initializer_list<std::string_view> known) {
    for (const auto& [name, value] : parameters.items())
        if (std::ranges::find(known, name) == known.end())
            return std::unexpected(BadParameter{name});
    return {};
}

Parameter<std::optional<std::uint64_t>> optional_number(const json& parameters, const char* name) {
    const auto found = parameters.find(name);
    if (found == parameters.end() || found->is_null())
        return std::nullopt;
    if (!found->is_number_integer() || (!found->is_number_unsigned() && found->get<std::int64_t>() < 0))
        return std::unexpected(BadParameter{name});
    return found->get<std::uint64_t>();
}

Parameter<std::optional<std::string>> optional_text(const json& parameters, const char* name) {
    const auto found = parameters.find(name);
    if (found == parameters.end() || found->is_null())
        return std::nullopt;
    if (!found->is_string())
        return std::unexpected(BadParameter{name});
    return found->get<std::string>();
}

Parameter<std::uint64_t> number(const json& parameters, const char* name) {
    const auto given = optional_number(parameters, name);
    if (!given)
        return std::unexpected(given.error());
    const std::optional<std::uint64_t>& found = *given;
    if (!found)
        return std::unexpected(BadParameter{name});
    return *found;
}

} // namespace daedalus::control
