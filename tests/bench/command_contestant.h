// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "bench/contestant.h"

#include <string>

namespace daedalus::bench {

/// A shell command with "{rounds}" in it, and "{loops}", which is one less. It prints, on standard error, the
/// lines of `ffmpeg -benchmark`: they leave its start out.
class CommandContestant final : public Contestant {
  public:
    explicit CommandContestant(std::string command) : command_(std::move(command)) {}

    void open(const Clip& /*clip*/) override {}
    Run run(unsigned rounds) override;

  private:
    std::string command_;
};

} // namespace daedalus::bench
