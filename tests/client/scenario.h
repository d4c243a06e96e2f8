// SPDX-License-Identifier: BSD-2-Clause
#pragma once

#include "device.h"
#include "failure.h"
#include "stream_decoder.h"

#include <functional>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace daedalus::client {

/** A stream, and what ffmpeg makes of every frame of it. */
struct Clip {
    h264::Stream stream;
    std::vector<std::string> md5; ///< in display order

    const std::string& expected(uint32_t frame) const {
        return md5.at(stream.frames.at(frame).display_index);
    }
    /** The first frame from @p frame on that is an IDR picture; the number of frames when none is. */
    uint32_t next_idr(uint32_t frame) const;
    uint32_t frame_count() const { return static_cast<uint32_t>(stream.frames.size()); }
};

/** What a scenario gets. */
class Context {
  public:
    Context(Nodes nodes, std::map<std::string, std::string> options)
        : nodes_(std::move(nodes)), options_(std::move(options)) {}

    const Nodes& nodes() const { return nodes_; }
    /** The value of a command-line option, or @p otherwise. */
    std::string option(const std::string& name, const std::string& otherwise) const;
    long number(const std::string& name, long otherwise) const;
    /** Reads NAME.h264 and NAME.framemd5 of the directory that --clips names; throws. */
    Clip clip(const std::string& name) const;

    /** Prints one figure: `RESULT scenario.name value unit bar pass|fail`. */
    void figure(const std::string& name, double value, const std::string& unit, const std::string& bar,
                bool pass, const std::string& reason = {}) const;

    std::string scenario; ///< that runs now

  private:
    Nodes nodes_;
    std::map<std::string, std::string> options_;
};

struct Scenario {
    const char* name;
    const char* summary;
    void (*run)(Context&);
};

/** Throws unless every decoded frame is without error and has ffmpeg's pixels. */
void expect_bit_exact(const Clip& clip, std::span<const DecodedFrame> decoded);

/** The number of frames that are in error or differ. */
size_t count_differences(const Clip& clip, std::span<const DecodedFrame> decoded);

/** Plays the clip again and again, on one file that never stops streaming, until @p enough. */
void play_until(const std::function<bool()>& enough, StreamDecoder& decoder, const Clip& clip);

// One list for each file of scenarios/.
std::span<const Scenario> attacked_scenarios();
std::span<const Scenario> blocking_scenarios();
std::span<const Scenario> buffer_scenarios();
std::span<const Scenario> control_scenarios();
std::span<const Scenario> damage_scenarios();
std::span<const Scenario> field_scenarios();
std::span<const Scenario> format_scenarios();
std::span<const Scenario> import_scenarios();
std::span<const Scenario> many_clients_scenarios();
std::span<const Scenario> many_sessions_scenarios();
std::span<const Scenario> mutated_scenarios();
std::span<const Scenario> no_daemon_scenarios();
std::span<const Scenario> pipelining_scenarios();
std::span<const Scenario> quota_scenarios();
std::span<const Scenario> replay_scenarios();
std::span<const Scenario> restart_scenarios();
std::span<const Scenario> request_scenarios();
std::span<const Scenario> resize_scenarios();
std::span<const Scenario> seek_scenarios();
std::span<const Scenario> stopped_scenarios();
std::span<const Scenario> timestamp_scenarios();
std::span<const Scenario> torture_scenarios();

} // namespace daedalus::client
