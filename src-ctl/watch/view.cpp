// SPDX-License-Identifier: BSD-2-Clause
#include "watch/view.h"

#include "model/fields.h"
#include "text/style.h"
#include "text/table.h"
#include "text/units.h"
#include "util/log.h"

#include <algorithm>

namespace daedalus::ctl {
namespace {

using nlohmann::json;

constexpr std::size_t sparkline_columns = 16;

std::string client_of(const Fields& session) {
    return session.text("client_comm").value_or("?") + "[" + format_optional(session.number("client_pid")) +
           "]";
}

std::uint64_t bad_of(const Fields& session) {
    const Fields counters = session.object("counters");
    return counters.number("errors").value_or(0) + counters.number("concealed").value_or(0);
}

std::uint64_t p99_of(const Fields& session) {
    return session.object("counters").object("decode_time").number("p99_us").value_or(0);
}

std::string percent(const std::optional<double>& value) {
    return value ? util::format("%.0f", *value) : "-";
}

} // namespace

void WatchView::update(const json& reply, Clock::time_point now) {
    last_ = reply;
    std::map<std::uint64_t, CpuSample> samples;
    cpu_percent_.clear();
    for (const auto& element : Fields(last_).list("sessions")) {
        const Fields session(element);
        const std::uint64_t id = session.number("id").value_or(0);
        const auto cpu_us = session.number("worker_cpu_us");
        if (!cpu_us)
            continue;
        const CpuSample sample{
            .worker_pid = session.number("worker_pid").value_or(0), .cpu_us = *cpu_us, .when = now};
        const auto before = cpu_.find(id);
        if (before != cpu_.end() && before->second.worker_pid == sample.worker_pid &&
            before->second.cpu_us <= sample.cpu_us && before->second.when < now) {
            const std::chrono::duration<double, std::micro> passed = now - before->second.when;
            cpu_percent_[id] =
                static_cast<double>(sample.cpu_us - before->second.cpu_us) / passed.count() * 100;
        }
        samples[id] = sample;
    }
    cpu_ = std::move(samples);
}

void WatchView::sort_by(const std::string& key) {
    const auto* const found = std::ranges::find(sort_keys, key);
    if (found == sort_keys.end())
        return;
    sort_ = static_cast<std::size_t>(found - sort_keys.begin());
    // The interesting end first: the oldest session, but the busiest of the others.
    descending_ = sort_ != 0;
}

void WatchView::next_sort() {
    sort_by(sort_keys.at((sort_ + 1) % sort_keys.size()));
}

double WatchView::sort_value(const Row& row) const {
    const Fields session(*row.session);
    const std::string key = sort_keys.at(sort_);
    if (key == "fps")
        return session.real("frames_per_second").value_or(0);
    if (key == "p99")
        return static_cast<double>(p99_of(session));
    if (key == "queue")
        return static_cast<double>(session.number("queue_depth").value_or(0));
    if (key == "cpu")
        return row.cpu_percent.value_or(0);
    if (key == "bad")
        return static_cast<double>(bad_of(session));
    return static_cast<double>(session.number("id").value_or(0));
}

std::vector<WatchView::Row> WatchView::sorted() const {
    std::vector<Row> rows;
    for (const auto& element : Fields(last_).list("sessions")) {
        Row row{.session = &element, .cpu_percent = {}};
        if (const auto cpu = cpu_percent_.find(Fields(element).number("id").value_or(0));
            cpu != cpu_percent_.end())
            row.cpu_percent = cpu->second;
        rows.push_back(row);
    }
    std::ranges::stable_sort(rows, [this](const Row& a, const Row& b) {
        return descending_ ? sort_value(a) > sort_value(b) : sort_value(a) < sort_value(b);
    });
    return rows;
}

std::string WatchView::screen(const Environment& environment, unsigned height) const {
    const Fields health = Fields(last_).object("health");
    const Fields kernel = Fields(last_).object("kernel");
    const std::vector<Row> rows = sorted();
    double rate = 0;
    for (const Row& row : rows)
        rate += Fields(*row.session).real("frames_per_second").value_or(0);

    const std::string state = health.text("state").value_or("?");
    std::string text =
        "daedalusd " + paint(environment, state == "serving" ? Color::green : Color::yellow, state) +
        " for " + format_duration(health.number("state_age_us").value_or(0)) + ", " +
        std::to_string(rows.size()) + " sessions, " + format_optional(kernel.number("sessions_waiting")) +
        " waiting, " + format_optional(kernel.number("jobs_in_flight")) + " jobs, " + format_rate(rate) +
        " fps\n";
    text += paint(environment, Color::dim,
                  std::string("q quit  s sort (") + sort_keys.at(sort_) +
                      (descending_ ? ", largest first" : "") + ")  r reverse") +
            "\n\n";

    Table table({{.title = "ID", .right = true},
                 {.title = "CLIENT", .longest = 16},
                 {.title = "CODEC"},
                 {.title = "SIZE", .weight = 2},
                 {.title = "FPS", .right = true},
                 {.title = "QUEUE", .right = true},
                 {.title = "CPU %", .right = true},
                 {.title = "BAD", .right = true},
                 {.title = "P99 ms", .right = true},
                 {.title = "DECODE TIME", .weight = 1},
                 {.title = "FRAMES", .right = true, .weight = 3},
                 {.title = "PATH", .weight = 4}});
    for (const Row& row : rows) {
        const Fields session(*row.session);
        table.add({format_optional(session.number("id")), client_of(session),
                   codec_title(session.text("codec").value_or("?")),
                   format_size(session.number("width"), session.number("height")),
                   format_rate(session.real("frames_per_second").value_or(0)),
                   format_optional(session.number("queue_depth")), percent(row.cpu_percent),
                   std::to_string(bad_of(session)), format_ms(p99_of(session)),
                   sparkline(session.numbers("recent_decode_us"), sparkline_columns),
                   format_optional(session.object("counters").number("frames")),
                   session.text("pixel_path").value_or("-")});
    }
    text += rows.empty() ? "Nobody decodes video.\n" : table.render(environment.width);

    // What does not fit is cut from the end.
    std::size_t end = 0;
    for (unsigned line = 0; line < height && end < text.size(); ++line)
        end = std::min(text.find('\n', end), text.size() - 1) + 1;
    text.resize(end);
    return text;
}

std::string WatchView::lines() const {
    std::string text;
    for (const Row& row : sorted()) {
        const Fields session(*row.session);
        text += util::format(
            "session=%s client=%s codec=%s fps=%s queue=%s cpu=%s bad=%s p99_ms=%s frames=%s\n",
            format_optional(session.number("id")).c_str(), client_of(session).c_str(),
            session.text("codec").value_or("?").c_str(),
            format_rate(session.real("frames_per_second").value_or(0)).c_str(),
            format_optional(session.number("queue_depth")).c_str(), percent(row.cpu_percent).c_str(),
            std::to_string(bad_of(session)).c_str(), format_ms(p99_of(session)).c_str(),
            format_optional(session.object("counters").number("frames")).c_str());
    }
    return text.empty() ? "no sessions\n" : text;
}

} // namespace daedalus::ctl
