// SPDX-License-Identifier: BSD-2-Clause
#include "model/fields.h"

#include "util/log.h"

namespace daedalus::ctl {
namespace {

const nlohmann::json& empty_list() {
    static const nlohmann::json list = nlohmann::json::array();
    return list;
}

const nlohmann::json& nothing() {
    static const nlohmann::json null;
    return null;
}

std::optional<std::uint64_t> as_number(const nlohmann::json& value) {
    if (value.is_number_unsigned())
        return value.get<std::uint64_t>();
    if (value.is_number_integer() && value.get<std::int64_t>() >= 0)
        return static_cast<std::uint64_t>(value.get<std::int64_t>());
    return std::nullopt;
}

} // namespace

const nlohmann::json* Fields::find(const char* name) const {
    if (!object_.is_object())
        return nullptr;
    const auto found = object_.find(name);
    return found != object_.end() ? &*found : nullptr;
}

std::optional<std::uint64_t> Fields::number(const char* name) const {
    const auto* value = find(name);
    return value != nullptr ? as_number(*value) : std::nullopt;
}

std::optional<double> Fields::real(const char* name) const {
    const auto* value = find(name);
    return value != nullptr && value->is_number() ? std::optional(value->get<double>()) : std::nullopt;
}

std::optional<bool> Fields::flag(const char* name) const {
    const auto* value = find(name);
    return value != nullptr && value->is_boolean() ? std::optional(value->get<bool>()) : std::nullopt;
}

std::optional<std::string> Fields::text(const char* name) const {
    const auto* value = find(name);
    if (value == nullptr || !value->is_string())
        return std::nullopt;
    return util::printable(value->get_ref<const std::string&>());
}

Fields Fields::object(const char* name) const {
    const auto* value = find(name);
    return Fields(value != nullptr ? *value : nothing());
}

const nlohmann::json& Fields::list(const char* name) const {
    const auto* value = find(name);
    return value != nullptr && value->is_array() ? *value : empty_list();
}

std::vector<std::uint64_t> Fields::numbers(const char* name) const {
    std::vector<std::uint64_t> numbers;
    for (const auto& element : list(name))
        if (const auto number = as_number(element))
            numbers.push_back(*number);
    return numbers;
}

} // namespace daedalus::ctl
