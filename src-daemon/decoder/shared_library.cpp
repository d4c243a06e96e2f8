// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/shared_library.h"

#include <dlfcn.h>

#include <cstring>

namespace daedalus::decoder {

util::Result<SharedLibrary> SharedLibrary::load(const std::string& soname, const std::string& package) {
    void* handle = dlopen(soname.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!handle) {
        const char* reason = dlerror();
        return util::fail(ENOENT, "cannot load " + soname + " (" + (reason ? reason : "unknown reason") +
                                      "): install the package " + package);
    }
    return SharedLibrary(handle, soname);
}

util::Result<void> SharedLibrary::resolve_all(std::initializer_list<Symbol> symbols) const {
    for (const Symbol& symbol : symbols) {
        void* address = dlsym(handle_, symbol.name);
        if (!address)
            return util::fail(ENOSYS, soname_ + " has no function " + symbol.name);
        std::memcpy(symbol.target, static_cast<const void*>(&address), sizeof(address));
    }
    return {};
}

} // namespace daedalus::decoder
