// SPDX-License-Identifier: BSD-2-Clause
// What one user may have: files, sessions and memory. Who wants more is told so, and others are not touched.
#include "client/process.h"
#include "client/scenario.h"
#include "waiting_client.h"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <memory>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace daedalus::client {

namespace {

constexpr uid_t greedy = 12345;
constexpr uid_t modest = 12346;
constexpr std::chrono::seconds patience(60);

/** Runs @p work as another user; it throws what is wrong. */
void as_user(uid_t user, const std::function<void()>& work) {
    const pid_t child = start_child("user " + std::to_string(user), [&] {
        expect(::setresuid(user, user, user) == 0, "setresuid");
        work();
    });
    int status = 0;
    expect(wait_for_end(child, patience, &status), "a user's process does not end");
    expect(status == 0, "what user " + std::to_string(user) + " does goes wrong; see above");
}

void clients(Context& context) {
    const long limit = context.number("user-clients", 8);
    const auto open_all = [&] {
        std::vector<File> files;
        int error = 0;
        while (files.size() <= static_cast<size_t>(limit)) {
            File file(::open(context.nodes().video.c_str(), O_RDWR | O_NONBLOCK | O_CLOEXEC));
            if (!file.is_open()) {
                error = errno;
                break;
            }
            files.push_back(std::move(file));
        }
        expect(files.size() == static_cast<size_t>(limit), std::to_string(files.size()) + " files are open");
        expect(error == EDQUOT, "open says errno " + std::to_string(error));
        // One is closed, and there is room for another.
        files.pop_back();
        files.emplace_back(::open(context.nodes().video.c_str(), O_RDWR | O_CLOEXEC));
        expect(files.back().is_open(), "no file can be opened in the place of another");
    };
    as_user(greedy, open_all);
    as_user(modest, open_all);
}

void sessions(Context& context) {
    const long limit = context.number("user-sessions", 3);
    const auto stream_all = [&] {
        std::vector<std::unique_ptr<WaitingClient>> streaming;
        for (long i = 0; i < limit; i++) {
            streaming.push_back(std::make_unique<WaitingClient>(context.nodes()));
            expect(streaming.back()->stream_on() == 0, "STREAMON");
        }
        const WaitingClient more(context.nodes());
        const int refused = more.stream_on();
        expect(refused == -EDQUOT, "STREAMON says " + std::to_string(refused));
        expect(streaming.back()->stream_off() == 0, "STREAMOFF");
        expect(more.stream_on() == 0, "no session in the place of another");
    };
    stream_all(); // as root, to whom the same applies
    as_user(greedy, stream_all);
}

/** At the same time: one has all that she may, and another is served. */
void sessions_of_others(Context& context) {
    const long limit = context.number("user-sessions", 3);
    std::vector<std::unique_ptr<WaitingClient>> mine;
    for (long i = 0; i < limit; i++) {
        mine.push_back(std::make_unique<WaitingClient>(context.nodes()));
        expect(mine.back()->stream_on() == 0, "STREAMON");
    }
    as_user(modest, [&] {
        const WaitingClient client(context.nodes());
        const int result = client.stream_on();
        expect(result == 0, "STREAMON of another user says " + std::to_string(result));
    });
}

void memory(Context& context) {
    const long mib = context.number("user-memory-mib", 16);
    as_user(greedy, [&] {
        const Device device(context.nodes());
        device.set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 1920, 1088);
        // 3 MiB each.
        const long fit = mib / 3 - 1;
        Queue capture(device, capture_queue);
        v4l2_requestbuffers request{};
        request.count = static_cast<uint32_t>(mib / 3 + 1);
        request.type = capture_queue;
        request.memory = V4L2_MEMORY_MMAP;
        const int refused = device.control(VIDIOC_REQBUFS, &request);
        expect(refused == -EDQUOT, "REQBUFS says " + std::to_string(refused));
        for (int round = 0; round < 3; round++) {
            capture.allocate(static_cast<uint32_t>(fit));
            const int more = capture.create(static_cast<uint32_t>(fit));
            expect(more == -EDQUOT, "CREATE_BUFS says " + std::to_string(more));
            capture.release();
        }
        // Other people's memory is theirs.
        Queue imported(device, capture_queue, V4L2_MEMORY_DMABUF);
        imported.allocate(static_cast<uint32_t>(mib));
    });
}

/** Memory that is kept by a mapping or an export counts on when its buffers are freed, and the file closed.
 */
void memory_kept(Context& context) {
    const long mib = context.number("user-memory-mib", 16);
    as_user(greedy, [&] {
        for (const uint32_t type : {capture_queue, output_queue}) {
            const auto open = [&context] {
                auto device = std::make_unique<Device>(context.nodes());
                device->set_format(output_queue, V4L2_PIX_FMT_H264_SLICE, 1920, 1088, 3 << 20);
                return device;
            };
            const auto fit = static_cast<uint32_t>(mib / 3 - 1);
            const auto may_have = [&](const Device& device) {
                v4l2_requestbuffers request{};
                request.count = fit;
                request.type = type;
                request.memory = V4L2_MEMORY_MMAP;
                const int result = device.control(VIDIOC_REQBUFS, &request);
                expect(result == 0 || result == -EDQUOT, "REQBUFS says " + std::to_string(result));
                return result == 0;
            };
            std::vector<File> exports;
            std::vector<Mapping> mappings;
            {
                const auto device = open();
                Queue queue(*device, type);
                queue.allocate(fit);
                v4l2_plane plane{};
                const v4l2_buffer first = queue.query(0, plane);
                mappings.emplace_back(device->video().get(), plane.length, PROT_READ | PROT_WRITE,
                                      plane.m.mem_offset);
                expect(first.length == 1, "a buffer has other than one plane");
                for (uint32_t index = 1; index < fit; index++)
                    exports.push_back(queue.export_buffer(index, O_RDWR | O_CLOEXEC));
                queue.release();
                expect(!may_have(*device), "what is kept does not count");
            }
            // The file is closed, and the user has another.
            const auto device = open();
            expect(!may_have(*device), "what is kept does not count when its file is closed");
            exports.clear();
            mappings.clear();
            expect(may_have(*device), "what was let go counts still");
        }
    });
}

constexpr Scenario list[] = {
    {"quota_clients", "files that one user may have open", clients},
    {"quota_sessions", "sessions that one user may have", sessions},
    {"quota_others", "they do not count for another", sessions_of_others},
    {"quota_memory", "memory for buffers that one user may have", memory},
    {"quota_memory_kept", "memory that outlives its buffers", memory_kept},
};

} // namespace

std::span<const Scenario> quota_scenarios() {
    return list;
}

} // namespace daedalus::client
