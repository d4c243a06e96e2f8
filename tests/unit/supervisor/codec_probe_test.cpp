// SPDX-License-Identifier: BSD-2-Clause
#include "supervisor/codec_probe.h"

#include "daedalus/protocol.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace daedalus::supervisor {
namespace {

TEST(CodecProbe, ReadsCodecsAndLibraries) {
    CodecProbe probe = parse_probe("library libavcodec 61.19.101\nlibrary libdav1d\ncodec h264\ncodec vp9\n");
    EXPECT_EQ(probe.codecs, 1U << DAEDALUS_CODEC_H264 | 1U << DAEDALUS_CODEC_VP9);
    ASSERT_EQ(probe.libraries.size(), 2U);
    EXPECT_EQ(probe.libraries[0].name, "libavcodec");
    EXPECT_EQ(probe.libraries[0].version, "61.19.101");
    EXPECT_EQ(probe.libraries[1].version, "");
}

TEST(CodecProbe, PassesOverWhatItDoesNotKnow) {
    EXPECT_EQ(parse_probe("").codecs, 0U);
    EXPECT_EQ(parse_probe("codec h266\ncodec\n\ncodecs h264\nhello world\n").codecs, 0U);
}

std::string script(const std::string& body) {
    char name[] = "/tmp/daedalus-probe-XXXXXX";
    close(mkstemp(name));
    std::ofstream(name) << "#!/bin/sh\n" << body;
    chmod(name, 0700);
    return name;
}

TEST(CodecProbe, RunsTheWorker) {
    const std::string worker = script("test \"$1\" = --probe && echo codec av1\n");
    auto probe = probe_codecs(worker);
    ASSERT_TRUE(probe) << probe.error().message;
    EXPECT_EQ(probe->codecs, 1U << DAEDALUS_CODEC_AV1);
    unlink(worker.c_str());
}

TEST(CodecProbe, FailingHangingAndBabblingWorkersAreErrors) {
    for (const char* body : {"echo codec h264; exit 1\n", "exec sleep 100\n", "exec yes\n"}) {
        const std::string worker = script(body);
        EXPECT_FALSE(probe_codecs(worker, 300)) << body;
        unlink(worker.c_str());
    }
    EXPECT_FALSE(probe_codecs("/nonexistent/worker"));
}

} // namespace
} // namespace daedalus::supervisor
