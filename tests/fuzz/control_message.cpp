// SPDX-License-Identifier: BSD-2-Clause
// The control socket's input: any bytes, in pieces of any size, through the message buffer and the parser
// into every method, by a client that may do everything.
#include "control/message.h"
#include "control/methods.h"
#include "unit/control/fake_provider.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace {

void expect(bool condition) {
    if (!condition)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace daedalus;
    if (size < 1)
        return 0;
    // The first byte says in which pieces the rest comes, and what the client may do.
    const std::size_t piece = 1 + (data[0] & 0x3f);
    const auto access = static_cast<control::Access>((data[0] >> 6) % 3);
    std::string_view input(reinterpret_cast<const char*>(data + 1), size - 1);

    test::FakeProvider provider;
    control::Methods methods(provider, "/nonexistent");
    control::MessageBuffer buffer(4096);
    while (!input.empty()) {
        const std::size_t taken = std::min({piece, input.size(), buffer.room()});
        if (taken == 0) {
            expect(buffer.overlong());
            return 0;
        }
        buffer.append(input.substr(0, taken));
        input.remove_prefix(taken);
        while (const auto text = buffer.next()) {
            expect(text->size() < 4096);
            const auto request = control::parse_request(*text);
            if (!request)
                continue;
            expect(request->parameters.is_object());
            const control::Answer answer = methods.call(*request, access);
            const std::string reply =
                answer.error.empty() ? control::make_reply(answer.parameters, answer.repeat_ms.has_value())
                                     : control::make_error(answer.error, answer.parameters);
            // One message, that the other side can read.
            expect(reply.find('\0') == reply.size() - 1);
            expect(nlohmann::json::accept(reply.substr(0, reply.size() - 1)));
        }
    }
    if (access != control::Access::change)
        expect(provider.resets_ == 0 && provider.canceled_.empty());
    return 0;
}
