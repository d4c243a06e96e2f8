// SPDX-License-Identifier: BSD-2-Clause
#include "support/gst/job.h"

#include <charconv>
#include <cstdio>
#include <vector>

namespace daedalus::test {
namespace {

std::vector<std::string> split(std::string_view line) {
    std::vector<std::string> fields;
    for (;;) {
        const auto tab = line.find('\t');
        fields.emplace_back(line.substr(0, tab));
        if (tab == std::string_view::npos)
            return fields;
        line.remove_prefix(tab + 1);
    }
}

/// Errors of GStreamer have lines and tabs in them.
std::string in_one_field(std::string text) {
    for (auto& character : text)
        if (character == '\t' || character == '\n' || character == '\r')
            character = ' ';
    return text.empty() ? "-" : text;
}

template <typename Number>
bool read_number(const std::string& text, Number& number) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

} // namespace

std::optional<PlayJob> PlayJob::parse(std::string_view line) {
    const auto fields = split(line);
    PlayJob job;
    if (fields.size() != 5 || !read_number(fields[3], job.seconds))
        return std::nullopt;
    job.id = fields[0];
    job.codec = fields[1];
    job.path = fields[2];
    job.raw_format = fields[4];
    return job;
}

std::string PlayResult::line() const {
    char numbers[64];
    std::snprintf(numbers, sizeof(numbers), "%.3f\t%.3f", seconds, longest_gap);
    return end + '\t' + std::to_string(frames) + '\t' + md5 + '\t' + md5_luma + '\t' + format + '\t' + size +
           '\t' + numbers + '\t' + in_one_field(message);
}

std::optional<PlayResult> PlayResult::parse(std::string_view line) {
    const auto fields = split(line);
    PlayResult result;
    if (fields.size() != 9 || !read_number(fields[1], result.frames) ||
        !read_number(fields[6], result.seconds) || !read_number(fields[7], result.longest_gap))
        return std::nullopt;
    result.end = fields[0];
    result.md5 = fields[2];
    result.md5_luma = fields[3];
    result.format = fields[4];
    result.size = fields[5];
    result.message = fields[8];
    return result;
}

} // namespace daedalus::test
