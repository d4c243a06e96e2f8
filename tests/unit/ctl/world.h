// SPDX-License-Identifier: BSD-2-Clause
// A root directory with everything that daedalusctl looks at, in the state that a test wants.
#pragma once

#include "application.h"
#include "daedalus/protocol.h"

#include <filesystem>
#include <sstream>
#include <string>
#include <vector>

namespace daedalus::test {

struct WorldOptions {
    bool module_loaded = true;
    unsigned module_proto = DAEDALUS_PROTO_VERSION;
    bool daemon_attached = true;
    bool module_built = true;  ///< for the running kernel
    bool headers = true;       ///< of the running kernel
    bool newer_kernel = false; ///< one is installed, without headers and module
    bool service_runs = true;
};

/// Made in a temporary directory that goes with this object.
class FakeWorld {
  public:
    explicit FakeWorld(const WorldOptions& options);
    FakeWorld(const FakeWorld&) = delete;
    FakeWorld& operator=(const FakeWorld&) = delete;
    ~FakeWorld();

    [[nodiscard]] const std::filesystem::path& root() const { return root_; }
    void write(const std::string& path, const std::string& text) const;
    void remove(const std::string& path) const;

  private:
    std::filesystem::path root_;
};

/// What a run of daedalusctl printed.
struct Outcome {
    int status = -1;
    std::string out;
    std::string err;
};

/// Runs a command line in a world, without terminal and colours, 80 columns wide. `input`: what stdin gives.
Outcome run_ctl(const std::filesystem::path& root, const std::string& socket,
                std::vector<std::string> arguments, const std::string& input = "",
                bool in_is_terminal = false);

} // namespace daedalus::test
