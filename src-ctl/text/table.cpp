// SPDX-License-Identifier: BSD-2-Clause
#include "text/table.h"

#include "text/style.h"

#include <algorithm>
#include <numeric>

namespace daedalus::ctl {
namespace {

constexpr std::size_t gap = 2;

std::string render_line(const std::vector<std::string>& cells, const std::vector<Column>& columns,
                        const std::vector<std::size_t>& widths, const std::vector<std::size_t>& shown) {
    std::string line;
    for (const std::size_t column : shown) {
        if (column != shown.front())
            line.append(gap, ' ');
        const std::string cell = fit(cells[column], std::min(display_width(cells[column]), widths[column]));
        const std::string padding(widths[column] - display_width(cell), ' ');
        line += columns[column].right ? padding + cell : cell + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    return line + "\n";
}

} // namespace

void Table::add(std::vector<std::string> cells) {
    cells.resize(columns_.size());
    rows_.push_back(std::move(cells));
}

std::string Table::render(std::size_t width) const {
    std::vector<std::string> titles;
    std::vector<std::size_t> widths;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
        std::size_t widest = display_width(columns_[i].title);
        for (const auto& row : rows_)
            widest = std::max(widest, display_width(row[i]));
        if (columns_[i].longest != 0)
            widest = std::min(widest, std::max(columns_[i].longest, display_width(columns_[i].title)));
        widths.push_back(widest);
        titles.push_back(columns_[i].title);
    }
    std::vector<std::size_t> shown(columns_.size());
    std::iota(shown.begin(), shown.end(), 0);
    for (;;) {
        std::size_t total = (shown.size() - 1) * gap;
        for (const std::size_t column : shown)
            total += widths[column];
        const auto heaviest =
            std::ranges::max_element(shown, {}, [&](std::size_t i) { return columns_[i].weight; });
        if (total <= width || columns_[*heaviest].weight == 0)
            break;
        shown.erase(heaviest);
    }
    std::string text = render_line(titles, columns_, widths, shown);
    for (const auto& row : rows_)
        text += render_line(row, columns_, widths, shown);
    return text;
}

} // namespace daedalus::ctl
