// SPDX-License-Identifier: BSD-2-Clause
// Tables that fit the terminal: columns of less weight go first when there is no room.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

namespace daedalus::ctl {

struct Column {
    std::string title;
    bool right = false;      ///< numbers are aligned to the right
    unsigned weight = 0;     ///< the largest goes first when the table is too wide; 0 stays
    std::size_t longest = 0; ///< cells are cut to so many columns; 0: not at all
};

class Table {
  public:
    explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

    /// Adds a row of as many cells as there are columns.
    void add(std::vector<std::string> cells);
    [[nodiscard]] bool empty() const { return rows_.empty(); }
    /// The title line and the rows, each ending in a newline, in at most `width` columns if that can be.
    [[nodiscard]] std::string render(std::size_t width) const;

  private:
    std::vector<Column> columns_;
    std::vector<std::vector<std::string>> rows_;
};

} // namespace daedalus::ctl
