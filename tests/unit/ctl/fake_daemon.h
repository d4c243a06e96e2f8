// SPDX-License-Identifier: BSD-2-Clause
// Something on a control socket: a daemon with fixed answers, or one that does not behave.
#pragma once

#include "control/methods.h"
#include "unit/control/fake_provider.h"
#include "util/unique_fd.h"

#include <nlohmann/json.hpp>

#include <atomic>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

namespace daedalus::test {

enum class Behavior {
    answers,
    hangs,       ///< takes connections and says nothing
    closes,      ///< closes at once
    says_noise,  ///< bytes that are not Varlink
    says_lists,  ///< JSON of the wrong shape
    wrong_types, ///< replies whose members all have the wrong type
    never_ends,  ///< a message without an end
    refuses,     ///< PermissionDenied to everything
};

/// Answers with the daemon's own code, but with process ids and times that are the same in every run.
class FakeDaemon {
  public:
    /// `sysfs`: what GetStats and GetJobs read the kernel's numbers from.
    FakeDaemon(Behavior behavior, std::filesystem::path sysfs);
    FakeDaemon(const FakeDaemon&) = delete;
    FakeDaemon& operator=(const FakeDaemon&) = delete;
    ~FakeDaemon();

    [[nodiscard]] const std::string& socket() const { return path_; }
    /// To be changed before the first call.
    FakeProvider provider_;

  private:
    void run();
    void serve(util::UniqueFd client);
    void answer(int client, std::string_view text);

    Behavior behavior_;
    control::Methods methods_;
    std::string path_;
    util::UniqueFd listener_;
    util::UniqueFd stop_;
    std::thread thread_;
};

} // namespace daedalus::test
