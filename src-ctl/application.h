// SPDX-License-Identifier: BSD-2-Clause
// The whole program but its process: a command line in, output and an exit status out.
#pragma once

#include "environment.h"

#include <string>
#include <vector>

namespace daedalus::ctl {

/// Runs one command line, without the program's name. Returns the exit status.
int run(Environment& environment, std::vector<std::string> arguments);

} // namespace daedalus::ctl
