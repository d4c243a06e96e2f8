// SPDX-License-Identifier: BSD-2-Clause
#include "gpu/converter.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

namespace daedalus::gpu {
namespace {

using decoder::Picture;
using pixels::Arrangement;
using pixels::BufferLayout;

// As in picture_writer.cpp, which tells what is wrong with pictures that are larger.
constexpr std::uint32_t coding_padding = 15;

constexpr std::size_t staged_alignment = 64;

std::size_t round_up(std::size_t value, std::size_t multiple) {
    return (value + multiple - 1) / multiple * multiple;
}

bool is_wide(const Picture& picture) {
    return bytes_per_sample(picture.format) == 2;
}

std::uint32_t samples_across(const Picture& picture, std::size_t plane) {
    return plane == 0 ? picture.width : (picture.width + 1) / 2;
}

std::uint32_t lines_down(const Picture& picture, std::size_t plane) {
    return plane == 0 ? picture.height : (picture.height + 1) / 2;
}

/// Bytes from the first sample of a plane to the end of the last.
std::size_t extent(const Picture& picture, std::size_t plane) {
    return (std::size_t{lines_down(picture, plane)} - 1) * static_cast<std::size_t>(picture.strides[plane]) +
           (samples_across(picture, plane) * bytes_per_sample(picture.format));
}

/// Where the samples go: what both the picture and the buffer have of lines and columns.
Geometry target_geometry(const Picture& picture, const BufferLayout& layout) {
    const auto sample = static_cast<std::uint32_t>(bytes_per_sample(picture.format));
    const std::uint32_t width = std::min(picture.width, layout.width);
    const std::uint32_t height = std::min(picture.height, layout.height);
    Geometry geometry;
    for (std::size_t i = 0; i < 2; i++) {
        geometry.to[i] = static_cast<std::uint32_t>(layout.planes[i].offset);
        geometry.to_stride[i] = static_cast<std::uint32_t>(layout.planes[i].stride);
    }
    geometry.line_bytes = {width * sample, (width + 1) / 2 * 2 * sample};
    geometry.lines = {height, (height + 1) / 2};
    return geometry;
}

/// From the staging buffer, which looks as the client's does, the samples and nothing else.
void copy_samples(std::span<const std::uint8_t> from, std::span<std::uint8_t> to, const Geometry& geometry) {
    for (std::size_t plane = 0; plane < 2; plane++)
        for (std::size_t line = 0; line < geometry.lines[plane]; line++) {
            const std::size_t offset = geometry.to[plane] + (line * geometry.to_stride[plane]);
            std::memcpy(to.data() + offset, from.data() + offset, geometry.line_bytes[plane]);
        }
}

} // namespace

util::Result<std::unique_ptr<Converter>> Converter::make(std::shared_ptr<Device> device, bool staging) {
    std::unique_ptr<Converter> converter(new Converter(std::move(device), staging));
    auto pass = Pass::make(converter->device_);
    if (!pass)
        return std::unexpected(std::move(pass.error()));
    converter->pass_ = std::move(*pass);
    if (auto heap = DmaHeap::open(); heap)
        converter->heap_ = std::move(*heap);
    return converter;
}

util::Result<std::shared_ptr<SourceBlocks>> Converter::make_blocks(const BlockPlan& plan) {
    auto made = SourceBlocks::make(device_, heap(), plan);
    if (made)
        blocks_ = *made;
    return made;
}

util::Result<std::unique_ptr<Target>> Converter::make_target(std::span<std::uint8_t> memory,
                                                             util::UniqueFd fd) {
    auto imported = Buffer::import_dma_buf(device_, std::move(fd), memory.size());
    std::string reason;
    if (!imported) {
        reason = imported.error().message;
        // Where dma-bufs are unknown, memory is memory; no more of it than is mapped.
        imported = Buffer::import_host(device_, {memory.data(), whole_pages(memory.size())});
    }
    if (imported)
        return std::make_unique<Target>(std::move(*imported), false);
    if (!staging_)
        return util::fail(imported.error().code.value(), reason + "; " + imported.error().message);
    auto staged = Buffer::make(device_, memory.size(), true);
    if (!staged)
        return std::unexpected(std::move(staged.error()));
    return std::make_unique<Target>(std::move(*staged), true);
}

bool Converter::suits(const Picture& picture, const BufferLayout& layout) {
    const bool depths_match =
        layout.arrangement == (is_wide(picture) ? Arrangement::p010 : Arrangement::nv12);
    return depths_match && has_chroma(picture.format) && picture.field == decoder::Field::both &&
           picture.width != 0 && picture.height != 0 && picture.width <= layout.width + coding_padding &&
           picture.height <= layout.height + coding_padding;
}

util::Result<const Buffer*> Converter::source_of(const Picture& picture, Geometry& geometry) {
    const SharedMemory* block = blocks_ ? blocks_->find(picture.planes[0]) : nullptr;
    if (!block)
        return stage(picture, geometry);
    for (std::size_t plane = 0; plane < 3; plane++) {
        const std::ptrdiff_t offset = picture.planes[plane] - block->bytes().data();
        if (offset < 0 || static_cast<std::size_t>(offset) + extent(picture, plane) > block->bytes().size())
            return stage(picture, geometry);
        geometry.from[plane] = static_cast<std::uint32_t>(offset);
        geometry.from_stride[plane] = static_cast<std::uint32_t>(picture.strides[plane]);
    }
    if (auto handed_over = block->hand_over(); !handed_over)
        return std::unexpected(std::move(handed_over.error()));
    return &block->buffer();
}

util::Result<const Buffer*> Converter::stage(const Picture& picture, Geometry& geometry) {
    if (!staging_)
        return nullptr;
    std::size_t bytes = 0;
    for (std::size_t plane = 0; plane < 3; plane++) {
        geometry.from[plane] = static_cast<std::uint32_t>(bytes);
        geometry.from_stride[plane] = static_cast<std::uint32_t>(picture.strides[plane]);
        bytes += round_up(extent(picture, plane), staged_alignment);
    }
    if (staged_source_.size() < bytes) {
        auto made = Buffer::make(device_, bytes, false);
        if (!made)
            return std::unexpected(std::move(made.error()));
        staged_source_ = std::move(*made);
    }
    for (std::size_t plane = 0; plane < 3; plane++)
        std::memcpy(staged_source_.bytes().data() + geometry.from[plane], picture.planes[plane],
                    extent(picture, plane));
    return &staged_source_;
}

util::Result<bool> Converter::write(const Picture& picture, const BufferLayout& layout,
                                    std::span<std::uint8_t> memory, const Target& target) {
    if (std::ranges::any_of(picture.strides, [](std::ptrdiff_t stride) {
            return stride <= 0 || stride > std::numeric_limits<std::int32_t>::max();
        }))
        return false;
    Geometry geometry = target_geometry(picture, layout);
    if (geometry.end() > memory.size() || geometry.end() > target.buffer().size() || !pass_->fits(geometry))
        return false;
    const auto source = source_of(picture, geometry);
    if (!source)
        return std::unexpected(source.error());
    if (!*source)
        return false;
    if (auto done = pass_->run(**source, target.buffer(), geometry, is_wide(picture)); !done)
        return std::unexpected(std::move(done.error()));
    if (target.staged())
        copy_samples(target.buffer().bytes(), memory, geometry);
    return true;
}

} // namespace daedalus::gpu
