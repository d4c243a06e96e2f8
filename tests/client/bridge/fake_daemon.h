// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "client/file.h"

#include <cstdint>
#include <daedalus/protocol.h>
#include <optional>
#include <span>
#include <vector>

namespace daedalus::client {

/** A HELLO that the module accepts. */
daedalus_hello good_hello();

/** One message from a session fd; its bytes are copied. */
struct Message {
    uint32_t type = 0;
    std::vector<uint8_t> bytes;

    /** The message as the structure of its type; throws when it is shorter. */
    template <typename Structure>
    const Structure& as() const {
        check_size(sizeof(Structure));
        return *reinterpret_cast<const Structure*>(bytes.data());
    }
    /** A part of a DECODE message; throws when it lies outside. */
    std::span<const uint8_t> part(uint32_t offset, uint32_t length) const;

  private:
    void check_size(size_t size) const;
};

/** What one read of a session fd gave; throws when its lengths make no sense. */
std::vector<Message> split_messages(std::span<const uint8_t> bytes);

/** A session fd, as a worker holds it. */
class FakeWorker {
  public:
    FakeWorker(int descriptor, const daedalus_session_info& info) : file_(descriptor), info_(info) {}

    const daedalus_session_info& info() const { return info_; }
    const File& file() const { return file_; }
    void die() { file_.close(); }

    /** read(2) into @p size bytes; the bytes read or -errno. */
    int64_t read_into(std::vector<uint8_t>& buffer, size_t size) const;
    /**
     * The next message, after waiting for at most @p milliseconds; nothing when
     * none came. Messages that came together are handed out one by one.
     */
    std::optional<Message> next(int milliseconds = 2000);
    /** The next message, which must be a DECODE; FORMAT and RETIRE before it are skipped. */
    Message next_decode();
    /** Whether the client has gone: read(2) gives 0. */
    bool at_end(int milliseconds) const;

    int complete(uint64_t cookie, uint32_t status = DAEDALUS_STATUS_OK,
                 uint32_t flags = DAEDALUS_COMPLETE_SRC_CONSUMED | DAEDALUS_COMPLETE_HAS_PIXELS) const;
    int complete(daedalus_complete answer) const;
    int flushed(uint32_t epoch) const;
    /** A dma-buf fd, or -errno. */
    int export_plane(uint64_t buffer, uint32_t plane = 0) const;
    int max_message() const;

  private:
    File file_;
    daedalus_session_info info_;
    std::vector<Message> waiting_;
};

/** The control fd. */
class FakeDaemon {
  public:
    /** Opens the device; throws. */
    FakeDaemon();
    /** Opens and says HELLO, with @p job_timeout_ms for the watchdog. */
    explicit FakeDaemon(uint32_t job_timeout_ms, uint32_t max_sessions = 16);

    const File& file() const { return file_; }
    void die() { file_.close(); }
    int hello(daedalus_hello& hello) const { return file_.control(DAEDALUS_IOC_HELLO, &hello); }
    /** ACCEPT once; nothing on EAGAIN; throws on other errors. */
    std::optional<FakeWorker> try_accept() const;
    /** Waits for a session and accepts it. */
    FakeWorker accept(int milliseconds = 2000) const;
    int cancel(uint64_t session, uint64_t cookie, uint32_t* canceled = nullptr) const;

  private:
    File file_;
};

} // namespace daedalus::client
