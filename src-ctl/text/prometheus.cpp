// SPDX-License-Identifier: BSD-2-Clause
#include "text/prometheus.h"

#include "util/log.h"

#include <cinttypes>

namespace daedalus::ctl {
namespace {

std::string escape_label(std::string_view value) {
    std::string escaped;
    for (const char c : value) {
        if (c == '\\' || c == '"')
            escaped += '\\';
        if (c == '\n')
            escaped += "\\n";
        else
            escaped += c;
    }
    return escaped;
}

} // namespace

void PrometheusText::family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ += "# HELP " + name_ + " " + std::string(help) + "\n";
    text_ += "# TYPE " + name_ + " " + std::string(type) + "\n";
}

void PrometheusText::sample(double value, const Labels& labels, std::string_view suffix) {
    write(util::format("%.6g", value), labels, suffix);
}

void PrometheusText::sample(std::uint64_t value, const Labels& labels, std::string_view suffix) {
    write(std::to_string(value), labels, suffix);
}

void PrometheusText::sample_seconds(std::uint64_t microseconds, const Labels& labels,
                                    std::string_view suffix) {
    write(seconds(microseconds), labels, suffix);
}

void PrometheusText::write(std::string_view value, const Labels& labels, std::string_view suffix) {
    text_ += name_;
    text_ += suffix;
    if (!labels.empty()) {
        text_ += '{';
        for (const auto& [label, label_value] : labels) {
            if (text_.back() != '{')
                text_ += ',';
            text_ += label + "=\"" + escape_label(label_value) + "\"";
        }
        text_ += '}';
    }
    text_ += ' ';
    text_ += value;
    text_ += '\n';
}

std::string seconds(std::uint64_t microseconds) {
    std::string text =
        util::format("%" PRIu64 ".%06" PRIu64, microseconds / 1'000'000, microseconds % 1'000'000);
    while (text.ends_with('0'))
        text.pop_back();
    if (text.ends_with('.'))
        text.pop_back();
    return text;
}

} // namespace daedalus::ctl
