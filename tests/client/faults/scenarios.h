// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "client/scenario.h"

#include <span>

namespace daedalus::client {

std::span<const Scenario> fault_scenarios();

} // namespace daedalus::client
