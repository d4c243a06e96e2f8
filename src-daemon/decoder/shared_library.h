// SPDX-License-Identifier: BSD-2-Clause
// Libraries that are loaded at run time, and the notes that tell packagers about them.
#pragma once

#include "util/error.h"

#include <initializer_list>
#include <string>
#include <utility>

namespace daedalus::decoder {

/// A function pointer to be filled in, and the name of the function.
struct Symbol {
    template <typename Function>
    Symbol(Function*& function, const char* symbol_name) : target(&function), name(symbol_name) {
        static_assert(sizeof(Function*) == sizeof(void*));
    }

    void* target; ///< of the size of a pointer
    const char* name;
};

/// A library that dlopen() loaded. It is never unloaded: decoders may have left threads or callbacks behind.
class SharedLibrary {
  public:
    /// Loads `soname` with all its symbols resolved now. `package` is named in the error: what to install.
    static util::Result<SharedLibrary> load(const std::string& soname, const std::string& package);

    /// Fills in every symbol. ENOSYS, naming it: the library lacks one.
    [[nodiscard]] util::Result<void> resolve_all(std::initializer_list<Symbol> symbols) const;

  private:
    SharedLibrary(void* handle, std::string soname) : handle_(handle), soname_(std::move(soname)) {}

    void* handle_;
    std::string soname_;
};

} // namespace daedalus::decoder

#define DAEDALUS_STRINGIFY_(text) #text
#define DAEDALUS_STRINGIFY(text) DAEDALUS_STRINGIFY_(text)

/// Puts an ELF note into the program that says which library it loads at run time: the "FDO" .note.dlopen of
/// https://systemd.io/ELF_DLOPEN_METADATA/, which packaging tools turn into dependencies. All arguments but
/// the first are string literals; priority is "required", "recommended" or "suggested".
#define DAEDALUS_DLOPEN_NOTE(variable, feature, description, priority, soname)                               \
    namespace {                                                                                              \
    constexpr char variable##_json[] = "[{\"feature\":\"" feature "\",\"description\":\"" description        \
                                       "\",\"priority\":\"" priority "\",\"soname\":[\"" soname "\"]}]";     \
    struct variable##_note_type {                                                                            \
        unsigned name_size, description_size, type;                                                          \
        char name[4];                                                                                        \
        alignas(4) char json[sizeof(variable##_json)];                                                       \
    };                                                                                                       \
    template <unsigned... index>                                                                             \
    constexpr variable##_note_type variable##_make(std::integer_sequence<unsigned, index...>) {              \
        return {4, sizeof(variable##_json), 0x407c0c0aU, "FDO", {variable##_json[index]...}};                \
    }                                                                                                        \
    alignas(4) __attribute__((used, section(".note.dlopen"))) const constinit variable                       \
        ##_note_type variable =                                                                              \
            variable##_make(std::make_integer_sequence<unsigned, sizeof(variable##_json)>());                \
    }
