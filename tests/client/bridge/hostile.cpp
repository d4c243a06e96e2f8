// SPDX-License-Identifier: BSD-2-Clause
// A worker that an attacker has taken over says whatever it likes on its session fd: it is refused and
// counted, its own session goes on when it says something sensible again, and another session notices
// nothing.
#include "client/bridge/fake_client.h"
#include "client/bridge/scenarios.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <fstream>
#include <functional>
#include <random>
#include <sys/mman.h>
#include <unistd.h>

namespace daedalus::client {

namespace {

constexpr uint32_t good_flags = DAEDALUS_COMPLETE_SRC_CONSUMED | DAEDALUS_COMPLETE_HAS_PIXELS;

uint64_t counter(const std::string& name) {
    std::ifstream file("/sys/devices/platform/daedalus_v4l2/counters/" + name);
    uint64_t value = 0;
    expect(static_cast<bool>(file >> value), "cannot read the counter " + name);
    return value;
}

/** What the module has counted since. */
class Counted {
  public:
    void expect_more(uint64_t stale, uint64_t refused) const {
        expect_one("stale_answers", stale_, stale);
        expect_one("refused_answers", refused_, refused);
    }

  private:
    static void expect_one(const std::string& name, uint64_t before, uint64_t wanted) {
        const uint64_t got = counter(name) - before;
        expect(got == wanted,
               name + " rose by " + std::to_string(got) + " instead of " + std::to_string(wanted));
    }

    uint64_t stale_ = counter("stale_answers");
    uint64_t refused_ = counter("refused_answers");
};

/** Fills a buffer of a job of the worker's and leaves it mapped by nobody. */
void paint(const FakeWorker& worker, const daedalus_msg_decode& job, uint8_t colour) {
    const int descriptor = worker.export_plane(job.dst_buffer);
    expect(descriptor >= 0, "EXPORT gave " + std::to_string(descriptor));
    const File buffer(descriptor);
    const Mapping pixels(descriptor, job.dst.sizeimage[0], PROT_READ | PROT_WRITE, 0);
    std::ranges::fill(pixels.bytes(), colour);
}

/** Another client with a worker of its own, in the middle of a picture while the attack goes on. */
class Neighbour {
  public:
    Neighbour(Context& context, const FakeDaemon& daemon)
        : client_(context.nodes()), worker_(daemon.accept()), message_(begin(0)) {}

    const daedalus_msg_decode& job() const { return message_.as<daedalus_msg_decode>(); }

    /** The picture that was under way comes out right, and one more. */
    void expect_unharmed() {
        finish(0);
        message_ = begin(1);
        finish(1);
    }

  private:
    static uint8_t colour_of(uint32_t index) { return static_cast<uint8_t>(100 + index); }

    Message begin(uint32_t index) {
        client_.submit(index, uint64_t{1000} * index);
        Message message = worker_.next_decode();
        paint(worker_, message.as<daedalus_msg_decode>(), colour_of(index));
        return message;
    }

    void finish(uint32_t index) {
        expect(!client_.completes(index, 20), "the neighbour's job was ended");
        expect(worker_.complete(job().cookie) == 0, "the neighbour's COMPLETE is refused");
        expect(!client_.collect(index), "the neighbour's picture is in error");
        expect(std::ranges::all_of(client_.capture().memory_of(index),
                                   [&](uint8_t value) { return value == colour_of(index); }),
               "the neighbour's picture has changed");
    }

    FakeClient client_;
    FakeWorker worker_;
    Message message_;
};

/** Two sessions; the attack is on one job of the first. */
void attack(
    Context& context,
    const std::function<void(const FakeWorker&, const daedalus_msg_decode&, const Neighbour&)>& body) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker worker = daemon.accept();
    client.submit(0, 0);
    const Message message = worker.next_decode();
    const auto& job = message.as<daedalus_msg_decode>();
    Neighbour neighbour(context, daemon);
    body(worker, job, neighbour);
    expect(!client.completes(0, 20), "the attack ended a job");
    neighbour.expect_unharmed();
    expect(worker.complete(job.cookie) == 0 && !client.collect(0), "the session does not go on");
}

void expect_refused(int result, int error, const std::string& what) {
    expect(result == -error, what + " gave " + std::to_string(result));
}

void forged(Context& context) {
    attack(context, [](const FakeWorker& worker, const daedalus_msg_decode& job, const Neighbour& neighbour) {
        const Counted counted;
        const uint64_t theirs = neighbour.job().cookie;
        const uint64_t cookies[] = {
            0, 1, ~uint64_t{0}, job.cookie + 1, theirs + 1, job.cookie << 32, job.cookie ^ uint64_t{1} << 63};
        for (const uint64_t cookie : cookies)
            expect_refused(worker.complete(cookie), ENOENT, "COMPLETE of " + std::to_string(cookie));
        // Cookies are numbered by session, so theirs may be ours as well; then it is our job that it ends.
        uint64_t more = 0;
        if (theirs != job.cookie) {
            expect_refused(worker.complete(theirs), ENOENT, "COMPLETE of a neighbour's job");
            more = 1;
        }
        counted.expect_more(std::size(cookies) + more, 0);
    });
}

void duplicate(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker worker = daemon.accept();
    Neighbour neighbour(context, daemon);
    for (uint32_t index = 0; index < 3; index++)
        client.submit(index, uint64_t{1000} * index);
    uint64_t cookies[3];
    for (uint64_t& cookie : cookies)
        cookie = worker.next_decode().as<daedalus_msg_decode>().cookie;
    const Counted counted;
    // The last one first: it is answered, and stays so while the ones before it are open.
    for (const uint32_t index : {2U, 0U, 1U}) {
        expect(worker.complete(cookies[index]) == 0, "COMPLETE");
        for (int i = 0; i < 10; i++)
            expect_refused(worker.complete(cookies[index], DAEDALUS_STATUS_BAD_STREAM), ENOENT,
                           "a second COMPLETE");
    }
    counted.expect_more(30, 0);
    for (uint32_t index = 0; index < 3; index++)
        expect(!client.collect(index), "a second answer changed the first");
    neighbour.expect_unharmed();
}

/** Answers and wishes from before a stop. */
void stale(Context& context) {
    const FakeDaemon daemon(5000);
    FakeClient client(context.nodes());
    FakeWorker worker = daemon.accept();
    Neighbour neighbour(context, daemon);
    client.submit(0, 0);
    const Message before = worker.next_decode();
    const auto& old_job = before.as<daedalus_msg_decode>();
    client.stream_off();
    client.stream_on();
    client.submit(1, 1000);
    const std::optional<Message> flush = worker.next();
    expect(flush && flush->type == DAEDALUS_MSG_FLUSH, "no FLUSH");
    expect(worker.flushed(flush->as<daedalus_msg_flush>().epoch) == 0, "FLUSHED");
    const uint64_t cookie = worker.next_decode().as<daedalus_msg_decode>().cookie;
    const Counted counted;
    expect_refused(worker.complete(old_job.cookie), ENOENT, "COMPLETE of the old epoch");
    expect_refused(worker.export_plane(old_job.dst_buffer), ENOENT, "EXPORT of the old epoch");
    expect_refused(worker.flushed(static_cast<uint32_t>(old_job.cookie >> 32)), EINVAL, "the old FLUSHED");
    counted.expect_more(2, 1);
    expect(!client.completes(1, 20), "a stale answer ended a job");
    neighbour.expect_unharmed();
    expect(worker.complete(cookie) == 0 && !client.collect(1), "the session does not go on");
}

void fields(Context& context) {
    attack(context, [](const FakeWorker& worker, const daedalus_msg_decode& job, const Neighbour&) {
        const Counted counted;
        uint64_t refused = 0;
        const auto complete = [&](const char* what, const std::function<void(daedalus_complete&)>& spoil) {
            daedalus_complete answer{};
            answer.cookie = job.cookie;
            answer.flags = good_flags;
            spoil(answer);
            expect_refused(worker.complete(answer), EINVAL, std::string("COMPLETE with ") + what);
            refused++;
        };
        for (int bit = 2; bit < 32; bit++)
            complete("an unknown flag", [&](daedalus_complete& answer) { answer.flags |= 1U << bit; });
        complete("no flags", [](daedalus_complete& answer) { answer.flags = 0; });
        for (const uint32_t status : {6U, 7U, 8U, 9U, 10U, 0x80000000U, UINT32_MAX})
            complete("a status of the kernel's", [&](daedalus_complete& answer) { answer.status = status; });
        for (const int word : {0, 1})
            complete("a reserved field", [&](daedalus_complete& answer) { answer.reserved[word] = 1; });

        daedalus_export wish{};
        wish.buffer = job.dst_buffer;
        for (const uint32_t plane : {job.dst.planes, 3U, 0x7fffffffU, UINT32_MAX}) {
            wish.plane = plane;
            expect_refused(worker.file().control(DAEDALUS_IOC_EXPORT, &wish), EINVAL, "EXPORT of no plane");
            refused++;
        }
        wish = {.buffer = job.dst_buffer, .plane = 0, .reserved32 = 1};
        expect_refused(worker.file().control(DAEDALUS_IOC_EXPORT, &wish), EINVAL, "EXPORT, reserved");
        daedalus_flushed flushed{.epoch = static_cast<uint32_t>(job.cookie >> 32), .reserved32 = 1};
        expect_refused(worker.file().control(DAEDALUS_IOC_FLUSHED, &flushed), EINVAL, "FLUSHED, reserved");
        expect_refused(worker.flushed(flushed.epoch), EINVAL, "FLUSHED that nobody asked for");
        counted.expect_more(0, refused + 3);
    });
}

void buffer_ids(Context& context) {
    attack(context, [](const FakeWorker& worker, const daedalus_msg_decode& job, const Neighbour& neighbour) {
        const Counted counted;
        const uint64_t ids[] = {0,
                                neighbour.job().dst_buffer,
                                job.dst_buffer + 1000000,
                                ~uint64_t{0},
                                job.dst_buffer | uint64_t{1} << 32,
                                job.dst_buffer | uint64_t{1} << 63};
        for (const uint64_t id : ids)
            expect_refused(worker.export_plane(id), ENOENT, "EXPORT of buffer " + std::to_string(id));
        counted.expect_more(std::size(ids), 0);
    });
}

/** Structures of other sizes, and memory that is not there. */
void lengths(Context& context) {
    attack(context, [](const FakeWorker& worker, const daedalus_msg_decode& job, const Neighbour&) {
        const Counted counted;
        std::vector<uint8_t> large(1 << 14);
        std::ranges::copy(std::span(reinterpret_cast<const uint8_t*>(&job.cookie), 8), large.begin());
        const unsigned sizes[] = {0, 1, 8, 31, 33, 4096, 16383};
        for (const unsigned size : sizes)
            expect_refused(
                worker.file().control(_IOC(_IOC_WRITE, DAEDALUS_IOC_MAGIC, 0x40, size), large.data()), ENOTTY,
                "COMPLETE of " + std::to_string(size) + " bytes");
        counted.expect_more(0, std::size(sizes));

        const auto page = static_cast<size_t>(::sysconf(_SC_PAGESIZE));
        auto* memory = static_cast<uint8_t*>(
            ::mmap(nullptr, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        ::munmap(memory + page, page);
        for (void* address : {static_cast<void*>(nullptr), static_cast<void*>(memory + page - 8),
                              reinterpret_cast<void*>(~0UL)})
            for (const unsigned long request :
                 {(unsigned long)DAEDALUS_IOC_COMPLETE, (unsigned long)DAEDALUS_IOC_EXPORT,
                  (unsigned long)DAEDALUS_IOC_FLUSHED}) {
                const int result = worker.file().control(request, address);
                // FLUSHED is short enough to end before the hole.
                expect(result == -EFAULT || (request == DAEDALUS_IOC_FLUSHED && result == -EINVAL),
                       "a call from memory that is not there gave " + std::to_string(result));
            }

        // Nothing waits to be read; more room than there is memory must not be believed.
        for (const size_t size : {size_t{1} << 31, size_t{1} << 40, size_t{SSIZE_MAX}, SIZE_MAX}) {
            const ssize_t result = ::read(worker.file().get(), memory, size);
            expect(result < 0 && (errno == EAGAIN || errno == EFAULT || errno == EINVAL),
                   "read of " + std::to_string(size) + " bytes gave " + std::to_string(result));
        }
        ::munmap(memory, page);
    });
}

/** Calls that a session fd does not have. */
void other_calls(Context& context) {
    attack(context, [](const FakeWorker& worker, const daedalus_msg_decode&, const Neighbour& neighbour) {
        const Counted counted;
        daedalus_hello hello = good_hello();
        expect_refused(worker.file().control(DAEDALUS_IOC_HELLO, &hello), ENOTTY, "HELLO on a session fd");
        daedalus_session_info info{};
        expect_refused(worker.file().control(DAEDALUS_IOC_ACCEPT, &info), ENOTTY, "ACCEPT on a session fd");
        daedalus_cancel cancel{};
        cancel.session = worker.info().session + 1;
        cancel.cookie = neighbour.job().cookie;
        expect_refused(worker.file().control(DAEDALUS_IOC_CANCEL, &cancel), ENOTTY, "CANCEL on a session fd");
        for (unsigned number = 0; number < 256; number++)
            if (number < 0x40 || number > 0x43)
                expect_refused(worker.file().control(_IO(DAEDALUS_IOC_MAGIC, number), &cancel), ENOTTY,
                               "an unknown ioctl");
        counted.expect_more(0, 3 + 252);
        expect(::write(worker.file().get(), &cancel, sizeof(cancel)) < 0, "a session fd can be written to");
        void* memory = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, worker.file().get(), 0);
        expect(memory == MAP_FAILED, "a session fd can be mapped");
    });
}

/** What nobody thought of. */
void random_calls(Context& context) {
    attack(context, [](const FakeWorker& worker, const daedalus_msg_decode& job, const Neighbour& neighbour) {
        std::mt19937_64 random(1);
        const uint64_t known[] = {0,
                                  1,
                                  ~uint64_t{0},
                                  job.dst_buffer,
                                  neighbour.job().dst_buffer,
                                  neighbour.job().timestamp,
                                  uint64_t{1} << 32};
        const Counted counted;
        uint64_t stale = 0, refused = 0;
        for (int i = 0; i < 2000; i++) {
            const auto number = [&] {
                const uint64_t value = known[random() % std::size(known)];
                return random() % 4 == 0 ? random() : value + random() % 2;
            };
            daedalus_complete answer{};
            answer.cookie = number();
            answer.flags = static_cast<uint32_t>(number());
            answer.status = static_cast<uint32_t>(number());
            answer.reserved[0] = random() % 2 == 0 ? number() : 0;
            if (answer.cookie == job.cookie)
                continue;
            daedalus_flushed flushed{.epoch = static_cast<uint32_t>(number()), .reserved32 = 0};
            for (const int result :
                 {worker.complete(answer), worker.file().control(DAEDALUS_IOC_FLUSHED, &flushed)}) {
                expect(result == -ENOENT || result == -EINVAL,
                       "a random call gave " + std::to_string(result));
                (result == -ENOENT ? stale : refused)++;
            }
        }
        counted.expect_more(stale, refused);
    });
}

constexpr Scenario list[] = {
    {"hostile_forged", "COMPLETE of jobs that it does not have", forged},
    {"hostile_duplicate", "COMPLETE again and again", duplicate},
    {"hostile_stale", "calls from before a stop", stale},
    {"hostile_fields", "flags, statuses and planes that there are not", fields},
    {"hostile_buffer_ids", "EXPORT of buffers that it does not write", buffer_ids},
    {"hostile_lengths", "huge lengths and missing memory", lengths},
    {"hostile_other_calls", "calls of the control fd and others", other_calls},
    {"hostile_random", "2000 random calls", random_calls},
};

} // namespace

std::span<const Scenario> hostile_scenarios() {
    return list;
}

} // namespace daedalus::client
