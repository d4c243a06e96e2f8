// SPDX-License-Identifier: BSD-2-Clause
// Writing the Prometheus text exposition format, version 0.0.4.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace daedalus::ctl {

using Labels = std::vector<std::pair<std::string, std::string>>;

/// Collects metrics. All samples of a family must be added right after it was begun.
class PrometheusText {
  public:
    /// Begins a family. `type`: "counter", "gauge" or "histogram".
    void family(std::string_view name, std::string_view type, std::string_view help);
    /// A sample of the present family. `suffix` is appended to its name: "_bucket" and the like.
    void sample(double value, const Labels& labels = {}, std::string_view suffix = {});
    void sample(std::uint64_t value, const Labels& labels = {}, std::string_view suffix = {});
    /// Seconds, of which counters lose none however long they count.
    void sample_seconds(std::uint64_t microseconds, const Labels& labels = {}, std::string_view suffix = {});
    [[nodiscard]] const std::string& text() const { return text_; }

  private:
    void write(std::string_view value, const Labels& labels, std::string_view suffix);

    std::string name_;
    std::string text_;
};

/// A number of seconds from microseconds, without loss: "0.001023".
[[nodiscard]] std::string seconds(std::uint64_t microseconds);

} // namespace daedalus::ctl
