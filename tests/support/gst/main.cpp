// SPDX-License-Identifier: BSD-2-Clause
// Plays many files through GStreamer's stateless V4L2 decoders and prints hashes of what came out.
//
//	daedalus-gst-player [--frames DIRECTORY] LIST
//
// LIST has a line for each file: ID CODEC PATH SECONDS FORMAT, tab-separated (job.h). For each a line is printed:
// ID END FRAMES MD5 LUMA_MD5 FORMAT SIZE SECONDS GAP MESSAGE. --frames: the hashes of single frames go to
// DIRECTORY/ID.frames.
//
// Exit status: 0 if every file was tried, whatever became of it; 1 if GStreamer lacks an element; 2 for arguments
// that make no sense.
#include "support/gst/child.h"
#include "support/gst/playback.h"

#include <gst/gst.h>

#include <cstdio>
#include <cstring>
#include <fstream>
#include <string>

namespace {

int usage() {
    std::fprintf(stderr, "usage: daedalus-gst-player [--frames DIRECTORY] LIST\n");
    return 2;
}

} // namespace

int main(int argc, char** argv) {
    std::string frames_directory;
    int argument = 1;
    if (argument + 1 < argc && std::strcmp(argv[argument], "--frames") == 0) {
        frames_directory = argv[argument + 1];
        argument += 2;
    }
    if (argument + 1 != argc)
        return usage();
    std::ifstream list(argv[argument]);
    if (!list) {
        std::fprintf(stderr, "daedalus-gst-player: cannot read %s\n", argv[argument]);
        return 2;
    }

    gst_init(nullptr, nullptr);
    const auto missing = daedalus::test::load_plugins();
    if (!missing.empty()) {
        std::fprintf(stderr, "daedalus-gst-player: this GStreamer has no %s\n", missing.c_str());
        return 1;
    }

    std::string line;
    while (std::getline(list, line)) {
        const auto job = daedalus::test::PlayJob::parse(line);
        if (!job) {
            std::fprintf(stderr, "daedalus-gst-player: not a line of a list: %s\n", line.c_str());
            return 2;
        }
        const auto frames_file = frames_directory.empty() ? "" : frames_directory + "/" + job->id + ".frames";
        const auto result = daedalus::test::play_in_child(*job, frames_file);
        std::printf("%s\t%s\n", job->id.c_str(), result.line().c_str());
        std::fflush(stdout);
    }
    return 0;
}
