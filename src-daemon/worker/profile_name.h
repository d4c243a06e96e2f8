// SPDX-License-Identifier: BSD-2-Clause
// The profile that a client says its stream has.
#pragma once

#include "bridge/messages.h"
#include "daedalus/protocol.h"

#include <string_view>

namespace daedalus::worker {

/// The name of the profile in a request's controls as people know it, such as "High 10" or "Profile 2"; empty
/// where the controls are missing or name none. Lives for ever.
[[nodiscard]] std::string_view profile_name(daedalus_codec codec, const bridge::ControlSet& controls);

} // namespace daedalus::worker
