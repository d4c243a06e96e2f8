// SPDX-License-Identifier: BSD-2-Clause
#include "support/gst/patience.h"

#include <dlfcn.h>
#include <gst/gst.h>

namespace {

unsigned patience = 1;

using Wait = decltype(&gst_poll_wait);

} // namespace

// The program's own symbol goes before the library's, for plugins too.
extern "C" __attribute__((visibility("default"))) gint gst_poll_wait(GstPoll* set, GstClockTime timeout) {
    static const auto original = reinterpret_cast<Wait>(dlsym(RTLD_NEXT, "gst_poll_wait"));
    return original(set, timeout == GST_SECOND ? patience * timeout : timeout);
}

namespace daedalus::test {

void set_patience(unsigned factor) {
    patience = factor;
}

} // namespace daedalus::test
