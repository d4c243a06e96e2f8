// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "scenario.h"

#include <string>

namespace daedalus::client {

/** Decodes a file and prints "INDEX MD5 ok|error" for every frame; the exit status. */
int decode_command(const Context& context, const std::string& file);

} // namespace daedalus::client
