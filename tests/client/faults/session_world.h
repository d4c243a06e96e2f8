// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "client/bridge/fake_daemon.h"
#include "client/faults/everywhere.h"
#include "client/file.h"

#include <cstdint>
#include <linux/videodev2.h>
#include <string>
#include <sys/mman.h>

namespace daedalus::client {

/** Client and daemon of one session in bare system calls, each of which can be made again when it has failed.
 */
class SessionWorld : public FaultWorld {
  public:
    SessionWorld();
    ~SessionWorld() override;

    int open_control();
    int hello() const;
    int open_video(const std::string& path);
    int open_media(const std::string& path);

    int set_format(uint32_t queue, uint32_t pixelformat) const;
    int request_buffers(uint32_t queue, uint32_t memory, uint32_t count) const;
    int create_buffers(uint32_t queue) const;
    int export_buffer(uint32_t queue) const;
    /** Maps buffer 0 of the OUTPUT queue. */
    int map_output();
    /**
     * QBUF and DQBUF of buffer 0. V4L2 copies the answer out when the buffer has changed hands already: one
     * that has, though the call said EFAULT, is not an error when it is called again.
     */
    int enqueue(uint32_t queue, uint32_t bytes, int request = -1, int dma_buf = -1) const;
    int dequeue(uint32_t queue) const;
    int stream(uint32_t queue, bool on) const;
    int subscribe(uint32_t event) const;
    /** DQEVENT, likewise. */
    int dequeue_event() const;

    int allocate_request();
    int set_controls() const;
    int queue_request() const;
    int request() const { return request_.get(); }

    int accept();
    /** Reads until a message of that type has come. */
    int read_until(uint32_t type);
    int export_destination() const;
    int complete(uint32_t flags) const;
    int flushed() const;
    int picture() const;
    int tell_stream() const;

  private:
    void note(const Message& message);
    int buffer_flags(uint32_t queue) const;

    int lowest_fd_; ///< of what is opened from here on
    File control_;
    File video_;
    File media_;
    File request_;
    File session_;
    void* mapping_ = MAP_FAILED;
    size_t mapping_size_ = 0;
    uint64_t job_ = 0;     ///< the cookie
    uint64_t capture_ = 0; ///< the cookie of a CAPTURE message
    uint64_t buffer_ = 0;  ///< where the picture goes
    uint32_t epoch_ = 0;
};

} // namespace daedalus::client
