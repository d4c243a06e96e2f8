// SPDX-License-Identifier: BSD-2-Clause
// A journalctl with two entries, one of them unfriendly.
#pragma once

#include "unit/ctl/world.h"

#include <string>

namespace daedalus::test {

/// Stands first in PATH for as long as this object lives, and tells times in UTC.
class FakeJournal {
  public:
    explicit FakeJournal(const FakeWorld& world);
    FakeJournal(const FakeJournal&) = delete;
    FakeJournal& operator=(const FakeJournal&) = delete;
    ~FakeJournal();

    /// What it was last called with.
    [[nodiscard]] std::string arguments() const;

  private:
    std::filesystem::path root_;
    std::string path_; ///< PATH as it was
};

} // namespace daedalus::test
