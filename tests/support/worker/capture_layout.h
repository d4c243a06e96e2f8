// SPDX-License-Identifier: BSD-2-Clause
// CAPTURE layouts as the module makes them, and others.
#pragma once

#include "daedalus/protocol.h"

#include <cstdint>

namespace daedalus::test {

/// A layout of exactly this size, with lines that are `padding` bytes longer than they need to be.
daedalus_picture_layout make_layout(std::uint32_t pixelformat, std::uint32_t width, std::uint32_t height,
                                    std::uint32_t padding);

/// A planar layout with the module's room for decoding straight into it (daedalus-formats.c).
daedalus_picture_layout make_roomy_layout(std::uint32_t pixelformat, std::uint32_t width,
                                          std::uint32_t height);

/// Where a plane of a planar layout begins.
struct PlanePlace {
    std::uint32_t memory; ///< memory plane
    std::size_t offset;   ///< in it
    std::size_t stride;
};
PlanePlace place_of(const daedalus_picture_layout& layout, unsigned plane);

} // namespace daedalus::test
