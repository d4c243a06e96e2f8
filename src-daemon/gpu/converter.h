// SPDX-License-Identifier: BSD-2-Clause
// From the decoder's picture to the client's buffer, by the GPU: what pixels::write_picture() does on the
// CPU.
#pragma once

#include "decoder/picture.h"
#include "gpu/device.h"
#include "gpu/dma_heap.h"
#include "gpu/pass.h"
#include "gpu/source_blocks.h"
#include "pixels/buffer_layout.h"
#include "util/error.h"
#include "util/unique_fd.h"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>

namespace daedalus::gpu {

/// A client's buffer as the GPU sees it.
class Target {
  public:
    Target(Buffer buffer, bool staged) : buffer_(std::move(buffer)), staged_(staged) {}

    [[nodiscard]] const Buffer& buffer() const { return buffer_; }
    /// It is memory of the GPU's, from which the CPU copies to the client's buffer.
    [[nodiscard]] bool staged() const { return staged_; }

  private:
    Buffer buffer_;
    bool staged_;
};

/// Used by one thread.
class Converter {
  public:
    /// `staging`: pictures and buffers that the GPU can't reach are copied, which costs the CPU as much as
    /// doing it alone; else they are not taken.
    static util::Result<std::unique_ptr<Converter>> make(std::shared_ptr<Device> device, bool staging);

    [[nodiscard]] const std::shared_ptr<Device>& device() const { return device_; }
    [[nodiscard]] const DmaHeap* heap() const { return heap_ ? &*heap_ : nullptr; }

    /// Whether copies are made from now on.
    void allow_staging(bool staging) { staging_ = staging; }

    /// How long the GPU may take for a picture.
    void set_patience(std::chrono::milliseconds patience) { pass_->set_patience(patience); }

    /// Before pictures are decoded: memory for them that write() need not copy from. ENOTSUP, ENOMEM: there
    /// is none.
    util::Result<std::shared_ptr<SourceBlocks>> make_blocks(const BlockPlan& plan);

    /// Goes without them again.
    void forget_blocks() { blocks_.reset(); }

    /// For a client's buffer of one memory plane, which is mapped at `memory` for as long as the target lives
    /// and is the dma-buf `fd`. An error says why the GPU can't reach it.
    util::Result<std::unique_ptr<Target>> make_target(std::span<std::uint8_t> memory, util::UniqueFd fd);

    /// Whether write() is for them: whole pictures with colours to NV12 or P010 of the same depth.
    [[nodiscard]] static bool suits(const decoder::Picture& picture, const pixels::BufferLayout& layout);

    /// Writes the samples that pixels::write_picture() would and no other byte, and waits for it. False: not
    /// possible without staging. Errors are those of Pass::run(): after ENODEV and whatever else but
    /// ETIMEDOUT the CPU can write the picture, and goes on doing so.
    util::Result<bool> write(const decoder::Picture& picture, const pixels::BufferLayout& layout,
                             std::span<std::uint8_t> memory, const Target& target);

  private:
    Converter(std::shared_ptr<Device> device, bool staging) : device_(std::move(device)), staging_(staging) {}
    /// Where the GPU reads the picture; sets the geometry's source. Null: nowhere.
    util::Result<const Buffer*> source_of(const decoder::Picture& picture, Geometry& geometry);
    util::Result<const Buffer*> stage(const decoder::Picture& picture, Geometry& geometry);

    std::shared_ptr<Device> device_;
    bool staging_;
    std::optional<DmaHeap> heap_;
    std::unique_ptr<Pass> pass_;
    std::shared_ptr<SourceBlocks> blocks_;
    Buffer staged_source_;
};

} // namespace daedalus::gpu
