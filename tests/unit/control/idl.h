// SPDX-License-Identifier: BSD-2-Clause
// Reads a Varlink interface description and checks JSON against it, so that what the daemon says and what the
// documentation promises cannot drift apart.
#pragma once

#include <nlohmann/json.hpp>

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace daedalus::test {

/// A Varlink type expression.
struct IdlType {
    enum class Kind {
        boolean,
        integer,
        number,
        text,
        named,
        structure,
        enumeration,
        list,
        dictionary,
        optional,
    };
    Kind kind = Kind::text;
    std::string name;                                                     // named
    std::vector<std::pair<std::string, std::shared_ptr<IdlType>>> fields; // structure
    std::vector<std::string> values;                                      // enumeration
    std::shared_ptr<IdlType> element;                                     // list, dictionary, optional
};

struct IdlMethod {
    IdlType in;
    IdlType out;
};

struct IdlInterface {
    std::string name;
    std::map<std::string, IdlType> types;
    std::map<std::string, IdlMethod> methods;
    std::map<std::string, IdlType> errors;
    std::vector<std::string> undocumented; // members without a comment above them
};

/// Parses a description. Throws std::runtime_error that names the place when it breaks the grammar.
IdlInterface parse_idl(std::string_view text);

/// What is wrong with `value` as a `type`: "parameters.health.pid: not an int"; empty: nothing. Fields that
/// the type does not have are wrong too.
std::string mismatch(const IdlInterface& interface, const IdlType& type, const nlohmann::json& value,
                     const std::string& where = "parameters");

} // namespace daedalus::test
