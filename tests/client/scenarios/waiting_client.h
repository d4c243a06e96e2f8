// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "client/device.h"
#include "client/queue.h"

namespace daedalus::client {

/** An open file that has what it takes to stream, and nothing to decode. */
class WaitingClient {
  public:
    explicit WaitingClient(const Nodes& nodes) : device_(nodes), output_(device_, output_queue) {
        device_.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 64, 64);
        output_.allocate(1);
    }

    /** 0 or -errno, as of Device. */
    int stream_on() const { return device_.stream_on(output_queue); }
    int stream_off() const { return device_.stream_off(output_queue); }

  private:
    Device device_;
    Queue output_;
};

} // namespace daedalus::client
