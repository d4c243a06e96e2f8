// SPDX-License-Identifier: BSD-2-Clause
// The control fd up to the first session.
#include "client/bridge/fake_client.h"
#include "client/bridge/scenarios.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <functional>
#include <poll.h>

namespace daedalus::client {

namespace {

/** A daemon of another version learns which one the module speaks. */
void wrong_version(Context&) {
    const FakeDaemon daemon;
    daedalus_hello hello = good_hello();
    hello.proto_version = DAEDALUS_PROTO_VERSION + 41;
    const int result = daemon.hello(hello);
    expect(result == -EPROTONOSUPPORT, "HELLO of another version gave " + std::to_string(result));
    expect(hello.proto_version == DAEDALUS_PROTO_VERSION, "the module did not tell its version");
    const size_t length = strnlen(hello.module_version, sizeof(hello.module_version));
    expect(length > 0 && length < sizeof(hello.module_version), "the module did not name itself");
    // It is no daemon now, and can become one.
    daedalus_session_info info{};
    expect(daemon.file().control(DAEDALUS_IOC_ACCEPT, &info) == -ENOTCONN, "ACCEPT after a refused HELLO");
    daedalus_hello again = good_hello();
    expect(daemon.hello(again) == 0, "HELLO after a refused one");
    expect(again.features == 0, "features were granted that nobody asked for");
}

void bad_fields(Context&) {
    const FakeDaemon daemon;
    const auto refused = [&](const char* what, const std::function<void(daedalus_hello&)>& spoil) {
        daedalus_hello hello = good_hello();
        spoil(hello);
        const int result = daemon.hello(hello);
        expect(result == -EINVAL, std::string("HELLO with ") + what + " gave " + std::to_string(result));
    };
    refused("reserved32", [](daedalus_hello& hello) { hello.reserved32 = 1; });
    refused("reserved[3]", [](daedalus_hello& hello) { hello.reserved[3] = 1; });
    refused("an unknown feature", [](daedalus_hello& hello) { hello.features = 1ULL << 63; });
    refused("an unknown codec", [](daedalus_hello& hello) { hello.codecs |= 1ULL << DAEDALUS_CODEC_COUNT; });
    refused("a timeout of 49 ms", [](daedalus_hello& hello) { hello.job_timeout_ms = 49; });
    refused("a timeout of 60001 ms", [](daedalus_hello& hello) { hello.job_timeout_ms = 60001; });
    refused("no sessions", [](daedalus_hello& hello) { hello.max_sessions = 0; });
    refused("1025 sessions", [](daedalus_hello& hello) { hello.max_sessions = 1025; });
    refused("an endless name", [](daedalus_hello& hello) {
        std::memset(hello.daemon_version, 'x', sizeof(hello.daemon_version));
    });
    daedalus_hello hello = good_hello();
    expect(daemon.hello(hello) == 0, "a good HELLO after bad ones");
    expect(daemon.file().control(DAEDALUS_IOC_HELLO, nullptr) == -EFAULT, "HELLO from address 0");
}

void one_daemon(Context&) {
    {
        const FakeDaemon daemon;
        const File second(::open("/dev/" DAEDALUS_DEVICE_NAME, O_RDWR | O_CLOEXEC));
        expect(!second.is_open() && errno == EBUSY, "the control device can be opened twice");
    }
    const FakeDaemon daemon;
}

void before_hello(Context& context) {
    const FakeDaemon daemon;
    const FakeClient client(context.nodes());
    expect((daemon.file().wait(POLLIN, 50) & POLLIN) == 0, "the control fd is readable before HELLO");
    daedalus_session_info info{};
    daedalus_cancel cancel{};
    expect(daemon.file().control(DAEDALUS_IOC_ACCEPT, &info) == -ENOTCONN, "ACCEPT before HELLO");
    expect(daemon.file().control(DAEDALUS_IOC_CANCEL, &cancel) == -ENOTCONN, "CANCEL before HELLO");
    daedalus_hello hello = good_hello();
    expect(daemon.hello(hello) == 0, "HELLO");
    expect(daemon.file().control(DAEDALUS_IOC_COMPLETE, &info) == -ENOTTY, "COMPLETE on the control fd");
}

/** A second HELLO replaces the limits. */
void limits(Context& context) {
    const FakeDaemon daemon(5000, 1);
    const FakeClient first(context.nodes());
    const FakeClient second(context.nodes(), false);
    expect(second.device().stream_on(output_queue) == -EBUSY, "more sessions stream than HELLO allows");
    daedalus_hello hello = good_hello();
    expect(daemon.hello(hello) == 0, "a second HELLO");
    second.stream_on();
}

constexpr Scenario list[] = {
    {"hello_wrong_version", "another protocol version", wrong_version},
    {"hello_bad_fields", "reserved fields and limits", bad_fields},
    {"hello_one_daemon", "one daemon at a time", one_daemon},
    {"hello_before", "nothing goes before HELLO", before_hello},
    {"hello_limits", "the number of sessions", limits},
};

} // namespace

std::span<const Scenario> hello_scenarios() {
    return list;
}

} // namespace daedalus::client
