// SPDX-License-Identifier: BSD-2-Clause
// What a worker once said that it can decode, for the daemon that comes after a crash: clients wait for that
// one, and asking again would take a busy machine seconds. It lies in a file that one daemon leaves to the
// next; see runtime_file(). An administrator's restart asks anew.
#pragma once

#include "supervisor/codec_probe.h"

#include <filesystem>
#include <string>
#include <string_view>

namespace daedalus::supervisor {

/// The file's name.
inline constexpr std::string_view known_codecs_name = "codecs";

/// What `file` says, if it was written for this very `worker` and the libraries that are installed now, of
/// which the cache of the dynamic linker tells. Else what the worker says (see probe_codecs() for errors),
/// which is written to `file` when that can be done.
util::Result<CodecProbe> recall_codecs(const std::string& worker, const std::filesystem::path& file,
                                       const std::filesystem::path& linker_cache = "/etc/ld.so.cache");

} // namespace daedalus::supervisor
