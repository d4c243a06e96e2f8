// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace daedalus::client {

/** Owns a file descriptor. */
class File {
  public:
    File() = default;
    explicit File(int descriptor) : descriptor_(descriptor) {}
    File(File&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    File& operator=(File&& other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File() { close(); }

    /** Opens or throws; O_CLOEXEC is added. */
    static File open(const std::string& path, int flags);

    int get() const { return descriptor_; }
    bool is_open() const { return descriptor_ >= 0; }
    void close();

    /**
     * ioctl(2), again after a signal.
     * @return what it returned, or -errno.
     */
    int control(unsigned long request, void* argument) const;

    /** poll(2) for @p events; the events that came, 0 after @p milliseconds. */
    short wait(short events, int milliseconds) const;

  private:
    int descriptor_ = -1;
};

/** Owns a mapping of memory that other processes or the kernel share. */
class Mapping {
  public:
    Mapping() = default;
    /** Maps or throws. @param protection PROT_READ, PROT_WRITE or both */
    Mapping(int descriptor, size_t size, int protection, int64_t offset);
    Mapping(Mapping&& other) noexcept : bytes_(std::exchange(other.bytes_, {})) {}
    Mapping& operator=(Mapping&& other) noexcept {
        std::swap(bytes_, other.bytes_);
        return *this;
    }
    Mapping(const Mapping&) = delete;
    Mapping& operator=(const Mapping&) = delete;
    ~Mapping();

    std::span<uint8_t> bytes() const { return bytes_; }

  private:
    std::span<uint8_t> bytes_;
};

} // namespace daedalus::client
