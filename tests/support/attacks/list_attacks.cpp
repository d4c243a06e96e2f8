// SPDX-License-Identifier: BSD-2-Clause
// Prints every attack's name and the system call that it consists of.
#include "support/attacks/attacks.h"

#include <cstdio>

int main() {
    for (const daedalus::test::Attack& attack : daedalus::test::attacks())
        std::printf("%s\t%s\n", attack.name, attack.call);
}
