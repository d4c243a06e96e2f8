// SPDX-License-Identifier: BSD-2-Clause
// Reading JSON of another process, in which anything may be missing or of the wrong type.
#pragma once

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace daedalus::ctl {

/// An object's members. A member that is missing, null or of another type is not there.
class Fields {
  public:
    /// `object` outlives this. Anything but an object has no members.
    explicit Fields(const nlohmann::json& object) : object_(object) {}

    [[nodiscard]] std::optional<std::uint64_t> number(const char* name) const;
    [[nodiscard]] std::optional<double> real(const char* name) const;
    [[nodiscard]] std::optional<bool> flag(const char* name) const;
    /// Printable, whatever the other process sent.
    [[nodiscard]] std::optional<std::string> text(const char* name) const;
    /// The object of that name; without members where there is none.
    [[nodiscard]] Fields object(const char* name) const;
    /// The elements of the list of that name.
    [[nodiscard]] const nlohmann::json& list(const char* name) const;
    [[nodiscard]] std::vector<std::uint64_t> numbers(const char* name) const;
    [[nodiscard]] const nlohmann::json& json() const { return object_; }

  private:
    [[nodiscard]] const nlohmann::json* find(const char* name) const;

    const nlohmann::json& object_;
};

} // namespace daedalus::ctl
