// SPDX-License-Identifier: BSD-2-Clause
// What a worker once said that it can decode, for the daemon that comes after a crash: clients wait for that
// one, and asking again would take a busy machine seconds. Like the count of restarts it lies in the runtime
// directory, and whoever ends as asked to takes it away: an administrator's restart asks anew.
#pragma once

#include "supervisor/codec_probe.h"

#include <filesystem>
#include <optional>
#include <string>

namespace daedalus::supervisor {

/// The file in the runtime directory; unset without one.
[[nodiscard]] std::optional<std::filesystem::path> known_codecs_file();

/// What `file` says, if it was written for this very `worker` and the libraries that are installed now, of
/// which the cache of the dynamic linker tells. Else what the worker says (see probe_codecs() for errors),
/// which is written to `file` when that can be done.
util::Result<CodecProbe> recall_codecs(const std::string& worker, const std::filesystem::path& file,
                                       const std::filesystem::path& linker_cache = "/etc/ld.so.cache");

/// The next start asks the worker.
void forget_codecs(const std::filesystem::path& file);

} // namespace daedalus::supervisor
