// SPDX-License-Identifier: BSD-2-Clause
// The pictures that the GPU can read where the decoder has put them.
#pragma once

#include "decoder/picture_blocks.h"
#include "gpu/shared_memory.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace daedalus::gpu {

/// What a session's pictures take, in blocks.
struct BlockPlan {
    std::size_t bytes = 0; ///< of one
    std::size_t count = 0;
};

/// For pictures of the coded size with room for what decoders put around them: as many as streams need for
/// reference and threads decode at a time, but not more than some 128 MiB.
[[nodiscard]] BlockPlan plan_blocks(std::uint32_t coded_width, std::uint32_t coded_height,
                                    std::size_t bytes_per_sample);

class SourceBlocks final : public decoder::PictureBlocks {
  public:
    /// Makes them all now. Errors: see SharedMemory::make().
    static util::Result<std::shared_ptr<SourceBlocks>> make(const std::shared_ptr<Device>& device,
                                                            const DmaHeap* heap, const BlockPlan& plan);

    std::uint8_t* take(std::size_t bytes) override;
    bool give_back(const std::uint8_t* block) override;

    /// The block that an address lies in, or null.
    [[nodiscard]] const SharedMemory* find(const std::uint8_t* address) const;

  private:
    struct Block {
        SharedMemory memory;
        bool used = false;
    };

    SourceBlocks() = default;

    std::mutex mutex_; ///< of Block::used
    std::vector<Block> blocks_;
};

} // namespace daedalus::gpu
