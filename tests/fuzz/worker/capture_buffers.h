// SPDX-License-Identifier: BSD-2-Clause
// The CAPTURE buffers of a scripted session: memory files, made when the worker asks for them.
#pragma once

#include "daedalus/protocol.h"
#include "fuzz/fuzz_input.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <array>
#include <cstdint>
#include <map>

namespace daedalus::fuzz {

class CaptureBuffers {
  public:
    static constexpr unsigned slots = 8;

    /// All of one small layout. `format`: NV12, P010, YUV420 or YUV420M.
    explicit CaptureBuffers(unsigned format);

    /// The id of the buffer in a slot, and its layout.
    [[nodiscard]] std::uint64_t id(unsigned slot) const { return ids_.at(slot % slots); }
    [[nodiscard]] const daedalus_picture_layout& layout(unsigned slot) const {
        return buffers_.at(id(slot)).layout;
    }

    /// Another buffer in a slot, as the step `buffer` describes it.
    void replace(FuzzInput& input);
    /// Another buffer of the same layout; returns the id of the one before.
    std::uint64_t renew(unsigned slot);

    /// The memory of a plane. ENOENT, EINVAL: there is none.
    util::Result<util::UniqueFd> memory(std::uint64_t id, std::uint32_t plane);

    /// Ends the process if something was written behind what the layout gives to be written.
    void check() const;

  private:
    struct Buffer {
        daedalus_picture_layout layout = {};
        std::size_t missing = 0; ///< bytes that the memory is smaller than the layout says
        std::array<util::UniqueFd, DAEDALUS_MAX_PLANES> memory;
        [[nodiscard]] bool has_border() const;
    };
    void put(unsigned slot, const daedalus_picture_layout& layout, std::size_t missing);

    std::map<std::uint64_t, Buffer> buffers_;
    std::array<std::uint64_t, slots> ids_ = {};
    std::uint64_t next_id_ = 1;
};

} // namespace daedalus::fuzz
