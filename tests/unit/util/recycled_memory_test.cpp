// SPDX-License-Identifier: BSD-2-Clause
#include "util/recycled_memory.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <thread>

namespace daedalus::util {
namespace {

TEST(RecycledMemory, WhatIsFreedIsUsedAgain) {
    auto* const memory = recycled_memory();
    void* const first = memory->allocate(100);
    memory->deallocate(first, 100);
    void* const second = memory->allocate(100);
    EXPECT_EQ(first, second);
    memory->deallocate(second, 100);
}

TEST(RecycledMemory, WhatOtherThreadsFreeIsUsedAgain) {
    auto* const memory = recycled_memory();
    std::set<void*> ever;
    for (int round = 0; round < 100; round++) {
        std::set<void*> blocks;
        for (int i = 0; i < 64; i++)
            blocks.insert(memory->allocate(48));
        ASSERT_EQ(blocks.size(), 64U);
        std::thread([&] {
            for (void* const block : blocks)
                memory->deallocate(block, 48);
        }).join();
        ever.merge(blocks);
    }
    EXPECT_LT(ever.size(), 64U * 10) << "of 6400 that were asked for";
}

TEST(RecycledMemory, SharedObjectsEnd) {
    struct Counted {
        explicit Counted(int& count) : ends(count) {}
        Counted(const Counted&) = delete;
        Counted& operator=(const Counted&) = delete;
        ~Counted() { ends++; }
        int& ends;
    };
    int ends = 0;
    auto object = make_recycled<Counted>(ends);
    const std::weak_ptr<Counted> watcher = object;
    EXPECT_EQ(ends, 0);
    object.reset();
    EXPECT_EQ(ends, 1);
    EXPECT_TRUE(watcher.expired());
}

} // namespace
} // namespace daedalus::util
