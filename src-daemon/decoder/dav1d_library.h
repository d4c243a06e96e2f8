// SPDX-License-Identifier: BSD-2-Clause
// libdav1d, loaded at run time.
#pragma once

#include "util/error.h"

#include <dav1d/dav1d.h>

namespace daedalus::decoder {

/// The functions used here, under their own names without "dav1d_".
struct Dav1dLibrary {
    decltype(::dav1d_version)* version = nullptr;
    decltype(::dav1d_default_settings)* default_settings = nullptr;
    decltype(::dav1d_open)* open = nullptr;
    decltype(::dav1d_close)* close = nullptr;
    decltype(::dav1d_flush)* flush = nullptr;
    decltype(::dav1d_send_data)* send_data = nullptr;
    decltype(::dav1d_get_picture)* get_picture = nullptr;
    decltype(::dav1d_apply_grain)* apply_grain = nullptr;
    decltype(::dav1d_get_frame_delay)* get_frame_delay = nullptr;
    decltype(::dav1d_data_create)* data_create = nullptr;
    decltype(::dav1d_data_unref)* data_unref = nullptr;
    decltype(::dav1d_picture_unref)* picture_unref = nullptr;
};

/// Loads it the first time and returns the same table from then on. The version of its interface is the one
/// that this program was compiled for.
util::Result<const Dav1dLibrary*> load_dav1d();

} // namespace daedalus::decoder
