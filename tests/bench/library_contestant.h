// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "bench/contestant.h"
#include "util/unique_fd.h"

#include <sys/types.h>

namespace daedalus::bench {

/// A LibraryDecode in a process of its own, so that its processor time can be told.
class LibraryContestant final : public Contestant {
  public:
    explicit LibraryContestant(unsigned threads) : threads_(threads) {}
    ~LibraryContestant() override;

    void open(const Clip& clip) override;
    Run run(unsigned rounds) override;

  private:
    [[noreturn]] void serve(const Clip& clip, int socket) const noexcept;

    unsigned threads_;
    std::size_t packets_ = 0;
    pid_t pid_ = 0;
    util::UniqueFd socket_;
};

} // namespace daedalus::bench
