// SPDX-License-Identifier: BSD-2-Clause
// Plays many files through GStreamer's stateless V4L2 decoders and prints hashes of what came out.
//
//	daedalus-gst-player [--frames DIRECTORY] [--patience SECONDS] LIST
//
// LIST has a line for each file: ID CODEC PATH SECONDS FORMAT, tab-separated (job.h). For each a line is
// printed: ID END FRAMES MD5 LUMA_MD5 FORMAT SIZE SECONDS GAP MESSAGE. --frames: the hashes of single frames
// go to DIRECTORY/ID.frames. --patience: how long the player waits for a picture before it gives up, instead
// of one second.
//
// Exit status: 0 if every file was tried, whatever became of it; 2 for arguments that make no sense.
#include "support/gst/child.h"
#include "support/gst/patience.h"
#include "support/gst/playback.h"

#include <gst/gst.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

namespace {

int usage() {
    std::fprintf(stderr, "usage: daedalus-gst-player [--frames DIRECTORY] [--patience SECONDS] LIST\n");
    return 2;
}

} // namespace

int main(int argc, char** argv) {
    std::string frames_directory;
    int argument = 1;
    for (; argument + 2 < argc; argument += 2) {
        const std::string option = argv[argument];
        if (option == "--frames")
            frames_directory = argv[argument + 1];
        else if (option == "--patience")
            daedalus::test::set_patience(
                static_cast<unsigned>(std::strtoul(argv[argument + 1], nullptr, 10)));
        else
            return usage();
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
    // Decoders of codecs that the device does not offer are not there, and their streams fail to play.
    if (!missing.empty())
        std::fprintf(stderr, "daedalus-gst-player: this GStreamer has no %s\n", missing.c_str());

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
