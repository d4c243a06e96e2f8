// SPDX-License-Identifier: BSD-2-Clause
#include "sandbox/descriptors.h"
#include "util/unique_fd.h"

#include <gtest/gtest.h>

#include <fcntl.h>
#include <sys/mman.h>

namespace daedalus::test {
namespace {

util::UniqueFd make_file() {
    return util::UniqueFd(memfd_create("file", MFD_CLOEXEC));
}

TEST(OpenedBy, TellsWhatIsLeftOpen) {
    const util::UniqueFd before = make_file();
    util::UniqueFd gone = make_file();
    util::UniqueFd first, second;
    const std::vector<int> opened = sandbox::opened_by([&] {
        first = make_file();
        const util::UniqueFd passing = make_file();
        second = make_file();
        gone.reset();
    });
    EXPECT_EQ(opened, (std::vector{first.get(), second.get()}));
}

TEST(OpenedBy, TellsOfAllThatTheDoorWouldClose) {
    EXPECT_EXIT(
        {
            util::UniqueFd kept;
            const std::vector<int> opened = sandbox::opened_by([&] { kept = make_file(); });
            const util::UniqueFd other = make_file();
            if (!sandbox::close_all_but(opened))
                _exit(2);
            _exit(fcntl(kept.get(), F_GETFD) >= 0 && fcntl(other.get(), F_GETFD) < 0 ? 0 : 1);
        },
        testing::ExitedWithCode(0), "");
}

} // namespace
} // namespace daedalus::test
