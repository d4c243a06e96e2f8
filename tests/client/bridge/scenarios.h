// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "client/bridge/fake_daemon.h"
#include "client/scenario.h"

#include <span>

namespace daedalus::client {

std::span<const Scenario> hello_scenarios();
std::span<const Scenario> message_scenarios();
std::span<const Scenario> answer_scenarios();
std::span<const Scenario> flush_scenarios();
std::span<const Scenario> death_scenarios();
std::span<const Scenario> hostile_scenarios();

} // namespace daedalus::client
