// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "worker/request_player.h"

namespace daedalus::test {

/// Plays the requests in several ways and expects each frame as it should be. `in_place`: those of 8 bits are
/// expected to be decoded straight into planar buffers.
void expect_right(daedalus_codec codec, const std::vector<Request>& requests, bool in_place);

} // namespace daedalus::test
