// SPDX-License-Identifier: BSD-2-Clause
#include "unit/ctl/fake_journal.h"

#include <cstdlib>
#include <fstream>

namespace daedalus::test {
namespace {

constexpr char entries[] =
    R"({"__REALTIME_TIMESTAMP":"1760000000123456","PRIORITY":"4","MESSAGE":"worker died","DAEDALUS_SESSION":"3","DAEDALUS_CODEC":"H.264","DAEDALUS_CLIENT_PID":"42","DAEDALUS_CLIENT_COMM":"player"})"
    "\nnot json\n"
    R"({"__REALTIME_TIMESTAMP":"1760000001000000","PRIORITY":"6","MESSAGE":[27,91,51,49,109,104,105]})"
    "\n";

} // namespace

FakeJournal::FakeJournal(const FakeWorld& world) : root_(world.root()) {
    world.write("/bin/journalctl", "#!/bin/sh\necho \"$@\" >" + (root_ / "arguments").string() +
                                       "\ncat <<'END'\n" + entries + "END\n");
    std::filesystem::permissions(root_ / "bin/journalctl", std::filesystem::perms::all);
    const char* path = std::getenv("PATH");
    path_ = path != nullptr ? path : "";
    setenv("PATH", ((root_ / "bin").string() + ":" + path_).c_str(), 1);
    setenv("TZ", "UTC", 1);
}

FakeJournal::~FakeJournal() {
    setenv("PATH", path_.c_str(), 1);
    unsetenv("TZ");
}

std::string FakeJournal::arguments() const {
    std::ifstream stream(root_ / "arguments");
    std::string line;
    std::getline(stream, line);
    return line;
}

} // namespace daedalus::test
