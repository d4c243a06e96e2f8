// SPDX-License-Identifier: BSD-2-Clause
#include "worker/request_check.h"

#include <gtest/gtest.h>

namespace daedalus::test {

void expect_right(daedalus_codec codec, const std::vector<Request>& requests, bool in_place) {
    ASSERT_FALSE(requests.empty());
    for (const PlaySettings& settings : {PlaySettings{1, 1, false}, PlaySettings{2, 4, false},
                                         PlaySettings{1, 1, true}, PlaySettings{4, 8, true}}) {
        const std::vector<Outcome> outcomes = play_requests(codec, requests, settings);
        const std::string how = std::to_string(settings.threads) + " threads, depth " +
                                std::to_string(settings.depth) + (settings.planar ? ", planar" : "");
        ASSERT_EQ(outcomes.size(), requests.size());
        for (std::size_t i = 0; i < outcomes.size(); i++) {
            EXPECT_EQ(outcomes[i].status, DAEDALUS_STATUS_OK) << "frame " << i << ", " << how;
            ASSERT_EQ(outcomes[i].description, requests[i].expected) << "frame " << i << ", " << how;
            const bool direct = in_place && settings.planar && !requests[i].ten_bits;
            EXPECT_EQ(outcomes[i].path, direct ? statistics::PixelPath::direct : statistics::PixelPath::cpu)
                << "frame " << i << ", " << how;
        }
    }
}

} // namespace daedalus::test
