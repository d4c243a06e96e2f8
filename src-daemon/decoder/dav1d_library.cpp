// SPDX-License-Identifier: BSD-2-Clause
#include "decoder/dav1d_library.h"

#include "decoder/shared_library.h"

#include <dav1d/version.h>

#define DAV1D_MAJOR DAEDALUS_STRINGIFY(DAV1D_API_VERSION_MAJOR)

DAEDALUS_DLOPEN_NOTE(dav1d_note, "dav1d", "Decoding of AV1", "recommended", "libdav1d.so." DAV1D_MAJOR)

namespace daedalus::decoder {
namespace {

util::Result<Dav1dLibrary> load() {
    const auto library = SharedLibrary::load("libdav1d.so." DAV1D_MAJOR, "libdav1d" DAV1D_MAJOR);
    if (!library)
        return std::unexpected(library.error());
    Dav1dLibrary table;
    if (auto resolved = library->resolve_all({
            {table.version, "dav1d_version"},
            {table.default_settings, "dav1d_default_settings"},
            {table.open, "dav1d_open"},
            {table.close, "dav1d_close"},
            {table.flush, "dav1d_flush"},
            {table.send_data, "dav1d_send_data"},
            {table.get_picture, "dav1d_get_picture"},
            {table.apply_grain, "dav1d_apply_grain"},
            {table.get_frame_delay, "dav1d_get_frame_delay"},
            {table.data_create, "dav1d_data_create"},
            {table.data_unref, "dav1d_data_unref"},
            {table.picture_unref, "dav1d_picture_unref"},
        });
        !resolved)
        return std::unexpected(std::move(resolved.error()));
    return table;
}

} // namespace

util::Result<const Dav1dLibrary*> load_dav1d() {
    static const util::Result<Dav1dLibrary> loaded = load();
    if (!loaded)
        return std::unexpected(loaded.error());
    return &*loaded;
}

} // namespace daedalus::decoder
