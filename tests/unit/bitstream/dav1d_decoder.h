// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <dav1d/dav1d.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace daedalus::test {

/// libdav1d with one thread, giving every frame in decoding order: hidden ones, those of all layers, and
/// again those that are shown a second time.
class Dav1dDecoder {
  public:
    Dav1dDecoder();
    ~Dav1dDecoder();
    Dav1dDecoder(const Dav1dDecoder&) = delete;
    Dav1dDecoder& operator=(const Dav1dDecoder&) = delete;

    /// Decodes one temporal unit. Returns a line for each picture: its size, format and the digest of its
    /// samples, film grain applied; "error" ends the list if dav1d refused something.
    std::vector<std::string> decode(std::span<const std::uint8_t> temporal_unit);

  private:
    Dav1dContext* context_ = nullptr;
};

} // namespace daedalus::test
