// SPDX-License-Identifier: BSD-2-Clause
#include "worker/request_player.h"

#include "bridge/stand_in_kernel.h"
#include "statistics/snapshot.h"
#include "support/md5.h"
#include "support/worker/capture_layout.h"
#include "support/worker/worker_process.h"

#include <linux/videodev2.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace daedalus::test {
namespace {

constexpr std::uint32_t max_message = 8U << 20;

template <typename T>
T must(util::Result<T> result) {
    if (!result)
        throw std::runtime_error(result.error().message);
    if constexpr (!std::is_void_v<T>)
        return std::move(*result);
}

std::uint32_t even16(std::uint32_t value) {
    return (value + 15) / 16 * 16;
}

daedalus_picture_layout layout_for(const Request& request, bool planar) {
    const std::uint32_t width = even16(request.width), height = even16(request.height);
    if (planar && !request.ten_bits)
        return make_roomy_layout(V4L2_PIX_FMT_YUV420M, width, height);
    return make_layout(request.ten_bits ? V4L2_PIX_FMT_P010 : V4L2_PIX_FMT_NV12, width, height, 0);
}

/// Samples of one plane as planar video has them: 10 bits in the lower end of 16.
void add_plane(Md5& digest, const daedalus_picture_layout& layout, const Request& request, unsigned plane,
               bridge::StandInKernel& kernel, std::uint64_t buffer) {
    const std::size_t width = plane == 0 ? request.width : (request.width + 1) / 2;
    const std::size_t height = plane == 0 ? request.height : (request.height + 1) / 2;
    std::vector<std::uint8_t> line;
    for (std::size_t y = 0; y < height; y++) {
        line.clear();
        if (layout.pixelformat == V4L2_PIX_FMT_YUV420M) {
            const PlanePlace place = place_of(layout, plane);
            const auto* from = kernel.bytes(buffer, place.memory).data() + place.offset + y * place.stride;
            line.assign(from, from + width);
        } else {
            const std::size_t sample = layout.pixelformat == V4L2_PIX_FMT_P010 ? 2 : 1;
            const std::size_t first = plane == 0 ? 0 : layout.height;
            const auto* from = kernel.bytes(buffer).data() + (first + y) * layout.bytesperline;
            for (std::size_t x = 0; x < width; x++) {
                const auto* at = from + (plane == 0 ? x : 2 * x + plane - 1) * sample;
                const unsigned value = sample == 1 ? at[0] : (at[0] + 256U * at[1]) >> 6;
                line.push_back(static_cast<std::uint8_t>(value));
                if (sample == 2)
                    line.push_back(static_cast<std::uint8_t>(value >> 8));
            }
        }
        digest.update(line);
    }
}

class RequestPlayer {
  public:
    RequestPlayer(daedalus_codec codec, const std::vector<Request>& requests, const PlaySettings& settings)
        : requests_(requests), settings_(settings),
          kernel_(must(bridge::StandInKernel::create(worker_end_))) {
        const Request& first = requests.at(0);
        must(kernel_.send_format(codec, first.width, first.height, layout_for(first, settings.planar),
                                 max_message));
        worker_.emplace(std::move(worker_end_),
                        WorkerProcess::Options{.decoder = {.threads = settings.threads}, .page = page_.fd()});
    }
    RequestPlayer(const RequestPlayer&) = delete;
    RequestPlayer& operator=(const RequestPlayer&) = delete;
    ~RequestPlayer() {
        kernel_.close();
        (void)worker_->finish();
    }

    std::vector<Outcome> play() {
        for (std::size_t i = 0; i < requests_.size(); i++) {
            send(i);
            while (outcomes_.size() + settings_.depth <= i + 1)
                collect();
        }
        while (outcomes_.size() < requests_.size())
            collect();
        return std::move(outcomes_);
    }

  private:
    void send(std::size_t index) {
        const Request& request = requests_[index];
        buffers_.push_back(request.second_field
                               ? buffers_.at(index - 1)
                               : must(kernel_.add_buffer(layout_for(request, settings_.planar))));
        std::vector<bridge::StandInControl> controls;
        for (const OwnedControl& control : request.controls)
            controls.push_back({.id = control.id, .payload = control.payload, .elems = control.elems});
        const std::size_t left = requests_.size() - index;
        must(kernel_.send_decode({.cookie = index + 1,
                                  .timestamp = request.timestamp,
                                  .buffer = buffers_.back(),
                                  .flags = request.second_field ? DAEDALUS_DECODE_HELD : 0,
                                  .queued = static_cast<std::uint32_t>(std::min(settings_.depth, left) - 1),
                                  .coded_width = request.width,
                                  .coded_height = request.height},
                                 controls, request.bitstream));
    }

    void collect() {
        const std::size_t index = outcomes_.size();
        const auto completed = std::get<bridge::Completed>(must(kernel_.next_answer()));
        if (completed.cookie != index + 1)
            throw std::runtime_error("the worker answered out of order");
        const Request& request = requests_[index];
        const daedalus_picture_layout layout = layout_for(request, settings_.planar);
        Md5 digest;
        for (unsigned plane = 0; plane < 3; plane++)
            add_plane(digest, layout, request, plane, kernel_, buffers_[index]);
        outcomes_.push_back({.status = completed.status,
                             .description = std::to_string(request.width) + 'x' +
                                            std::to_string(request.height) + ' ' +
                                            (request.ten_bits ? "10" : "8") + " bit " + digest.finish(),
                             .path = statistics::snapshot(page_, statistics::monotonic_ns()).pixel_path});
    }

    const std::vector<Request>& requests_;
    const PlaySettings settings_;
    util::UniqueFd worker_end_; ///< until the worker has it
    bridge::StandInKernel kernel_;
    statistics::WorkerPage page_ = must(statistics::WorkerPage::create());
    std::optional<WorkerProcess> worker_;
    std::vector<std::uint64_t> buffers_;
    std::vector<Outcome> outcomes_;
};

} // namespace

std::vector<Outcome> play_requests(daedalus_codec codec, const std::vector<Request>& requests,
                                   const PlaySettings& settings) {
    return RequestPlayer(codec, requests, settings).play();
}

} // namespace daedalus::test
