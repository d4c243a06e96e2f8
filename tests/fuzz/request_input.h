// SPDX-License-Identifier: BSD-2-Clause
// A request's controls out of a fuzzer's bytes.
#pragma once

#include "bridge/messages.h"
#include "fuzz/fuzz_input.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace daedalus::fuzz {

/// The controls that requests of a codec have, in the order in which inputs have them. At most
/// most_controls.
[[nodiscard]] std::span<const std::uint32_t> controls_of(daedalus_codec codec);

inline constexpr std::size_t most_controls = 7;

/// Controls with the memory that they lie in.
class RequestControls {
  public:
    /// Takes a byte, whose lower bits tell which of the codec's controls there are, and then these: for an
    /// array a byte with the number of its elements first. The highest bit of the first byte says that one
    /// more control follows that no codec knows: its size in a byte, and that many bytes.
    RequestControls(FuzzInput& input, daedalus_codec codec);
    RequestControls(const RequestControls&) = delete;
    RequestControls& operator=(const RequestControls&) = delete;
    ~RequestControls() = default;

    [[nodiscard]] const bridge::ControlSet& set() const { return set_; }

  private:
    void add(std::uint32_t id, std::uint32_t elems, std::span<const std::uint8_t> bytes, std::size_t size);

    std::array<std::vector<std::byte>, most_controls + 1> payloads_;
    std::size_t count_ = 0;
    bridge::ControlSet set_;
};

} // namespace daedalus::fuzz
