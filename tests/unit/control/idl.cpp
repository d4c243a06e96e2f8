// SPDX-License-Identifier: BSD-2-Clause
#include "unit/control/idl.h"

#include <algorithm>
#include <cctype>
#include <stdexcept>

namespace daedalus::test {
namespace {

class Parser {
  public:
    explicit Parser(std::string_view text) : text_(text) {}

    IdlInterface interface() {
        IdlInterface result;
        expect("interface");
        result.name = word(".-");
        while (skip_blank(), at_ < text_.size()) {
            const bool documented = comment_;
            const std::string keyword = word("");
            const std::string name = word("");
            if (!documented)
                result.undocumented.push_back(keyword + " " + name);
            if (keyword == "type") {
                result.types[name] = structure();
            } else if (keyword == "error") {
                result.errors[name] = structure();
            } else if (keyword == "method") {
                IdlMethod method{.in = structure(), .out = {}};
                expect("->");
                method.out = structure();
                result.methods[name] = method;
            } else {
                fail("unknown keyword " + keyword);
            }
        }
        return result;
    }

  private:
    [[noreturn]] void fail(const std::string& what) const {
        const auto line = std::ranges::count(text_.substr(0, at_), '\n') + 1;
        throw std::runtime_error("line " + std::to_string(line) + ": " + what);
    }

    // Skips blanks and comments and notes whether there was a comment.
    void skip_blank() {
        comment_ = false;
        while (at_ < text_.size()) {
            if (text_[at_] == '#') {
                comment_ = true;
                at_ = std::min(text_.find('\n', at_), text_.size());
            } else if (std::isspace(static_cast<unsigned char>(text_[at_])) != 0) {
                ++at_;
            } else {
                return;
            }
        }
    }

    bool take(std::string_view token) {
        const bool had_comment = comment_;
        skip_blank();
        comment_ = comment_ || had_comment;
        if (!text_.substr(at_).starts_with(token))
            return false;
        at_ += token.size();
        return true;
    }

    void expect(std::string_view token) {
        if (!take(token))
            fail("expected '" + std::string(token) + "'");
    }

    std::string word(std::string_view more) {
        skip_blank();
        const std::size_t start = at_;
        while (at_ < text_.size() && (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 ||
                                      text_[at_] == '_' || more.find(text_[at_]) != std::string_view::npos))
            ++at_;
        if (at_ == start)
            fail("expected a name");
        return std::string(text_.substr(start, at_ - start));
    }

    IdlType structure() {
        IdlType type{.kind = IdlType::Kind::structure, .name = {}, .fields = {}, .values = {}, .element = {}};
        expect("(");
        if (take(")"))
            return type;
        do {
            const std::string name = word("");
            if (take(":"))
                type.fields.emplace_back(name, std::make_shared<IdlType>(expression()));
            else
                type.values.push_back(name);
        } while (take(","));
        expect(")");
        if (!type.values.empty()) {
            if (!type.fields.empty())
                fail("fields and values mixed");
            type.kind = IdlType::Kind::enumeration;
        }
        return type;
    }

    IdlType wrap(IdlType::Kind kind) {
        return {.kind = kind,
                .name = {},
                .fields = {},
                .values = {},
                .element = std::make_shared<IdlType>(expression())};
    }

    IdlType expression() {
        if (take("?"))
            return wrap(IdlType::Kind::optional);
        if (take("[]"))
            return wrap(IdlType::Kind::list);
        if (take("[string]"))
            return wrap(IdlType::Kind::dictionary);
        skip_blank();
        if (at_ < text_.size() && text_[at_] == '(')
            return structure();
        static const std::map<std::string, IdlType::Kind> builtin = {
            {"bool", IdlType::Kind::boolean},
            {"int", IdlType::Kind::integer},
            {"float", IdlType::Kind::number},
            {"string", IdlType::Kind::text},
        };
        const std::string name = word("");
        const auto found = builtin.find(name);
        return {.kind = found != builtin.end() ? found->second : IdlType::Kind::named,
                .name = name,
                .fields = {},
                .values = {},
                .element = {}};
    }

    std::string_view text_;
    std::size_t at_ = 0;
    bool comment_ = false;
};

std::string structure_mismatch(const IdlInterface& interface, const IdlType& type,
                               const nlohmann::json& value, const std::string& where) {
    if (!value.is_object())
        return where + ": not an object";
    for (const auto& [name, field] : type.fields) {
        const auto found = value.find(name);
        if (found == value.end())
            return where + "." + name + ": missing";
        if (auto wrong = mismatch(interface, *field, *found, where + "." + name); !wrong.empty())
            return wrong;
    }
    for (const auto& [name, member] : value.items())
        if (std::ranges::find(type.fields, name, [](const auto& field) { return field.first; }) ==
            type.fields.end())
            return where + "." + name + ": not in the description";
    return {};
}

} // namespace

IdlInterface parse_idl(std::string_view text) {
    return Parser(text).interface();
}

std::string mismatch(const IdlInterface& interface, const IdlType& type, const nlohmann::json& value,
                     const std::string& where) {
    switch (type.kind) {
    case IdlType::Kind::boolean:
        return value.is_boolean() ? "" : where + ": not a bool";
    case IdlType::Kind::integer:
        return value.is_number_integer() ? "" : where + ": not an int";
    case IdlType::Kind::number:
        return value.is_number() ? "" : where + ": not a float";
    case IdlType::Kind::text:
        return value.is_string() ? "" : where + ": not a string";
    case IdlType::Kind::named: {
        const auto found = interface.types.find(type.name);
        if (found == interface.types.end())
            return where + ": type " + type.name + " is not described";
        return mismatch(interface, found->second, value, where);
    }
    case IdlType::Kind::structure:
        return structure_mismatch(interface, type, value, where);
    case IdlType::Kind::enumeration:
        if (!value.is_string() ||
            std::ranges::find(type.values, value.get<std::string>()) == type.values.end())
            return where + ": " + value.dump() + " is not in the enumeration";
        return {};
    case IdlType::Kind::list:
    case IdlType::Kind::dictionary:
        if (type.kind == IdlType::Kind::list ? !value.is_array() : !value.is_object())
            return where + ": not a list or dictionary";
        for (const auto& [key, element] : value.items())
            if (auto wrong = mismatch(interface, *type.element, element, where + "[" + key + "]");
                !wrong.empty())
                return wrong;
        return {};
    case IdlType::Kind::optional:
        return value.is_null() ? "" : mismatch(interface, *type.element, value, where);
    }
    return where + ": unknown kind";
}

} // namespace daedalus::test
