// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "random.h"

#include <cstdint>
#include <vector>

namespace daedalus::client {

/** A control with its payload. */
struct WildControl {
    uint32_t id;
    std::vector<uint8_t> payload;
};

/** The controls of a request that the module takes, for a coded format of the stateless node. */
std::vector<WildControl> request_controls(uint32_t pixelformat);

/** Any control of any codec, with a payload of mostly the right size. */
WildControl random_control(Random& random);

} // namespace daedalus::client
