// SPDX-License-Identifier: BSD-2-Clause
#include "support/attacks/attacks.h"

#include <csignal>
#include <cstdint>
#include <fcntl.h>
#include <linux/sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

namespace daedalus::test {

namespace {

// Should a sandbox ever let one through, it does no harm: that is what the arguments are chosen for.
constexpr pid_t victim = 1;
constexpr char no_file[] = "/tmp/daedalus-attack/no-such-file";

char* anywhere() {
    static char bytes[4096];
    return bytes;
}

template <typename... Arguments>
void call(long number, Arguments... arguments) {
    syscall(number, arguments...);
}

constexpr Attack list[] = {
    // Files
    {"OpensAFile", "openat", [] { call(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY); }},
    {"CreatesAFile", "openat", [] { call(SYS_openat, AT_FDCWD, no_file, O_RDWR | O_CREAT, 0600); }},
    {"OpensTheControlDevice", "openat", [] { call(SYS_openat, AT_FDCWD, "/dev/daedalus-v4l2", O_RDWR); }},
    {"OpensWithOpenat2", "openat2", [] { call(SYS_openat2, AT_FDCWD, "/etc/passwd", anywhere(), 24); }},
    {"LooksForAFile", "faccessat", [] { call(SYS_faccessat, AT_FDCWD, "/etc/passwd", R_OK); }},
    {"RemovesAFile", "unlinkat", [] { call(SYS_unlinkat, AT_FDCWD, no_file, 0); }},
    {"RenamesAFile", "renameat2", [] { call(SYS_renameat2, AT_FDCWD, no_file, AT_FDCWD, no_file, 0); }},
    {"MakesALink", "symlinkat", [] { call(SYS_symlinkat, "", AT_FDCWD, no_file); }},
    {"ListsADirectory", "getdents64", [] { call(SYS_getdents64, 0, anywhere(), 4096); }},
    {"Mounts", "mount", [] { call(SYS_mount, nullptr, nullptr, nullptr, 0, nullptr); }},
    {"ChangesItsRoot", "chroot", [] { call(SYS_chroot, "/tmp"); }},
    {"WritesToWhatIsNotTheLog", "write", [] { call(SYS_write, STDOUT_FILENO, "x", 1); }},
    {"DuplicatesADescriptor", "dup", [] { call(SYS_dup, 2); }},
    // Network and other processes' sockets
    {"MakesAnInternetSocket", "socket", [] { call(SYS_socket, AF_INET, SOCK_STREAM, 0); }},
    {"MakesAUnixSocket", "socket", [] { call(SYS_socket, AF_UNIX, SOCK_STREAM, 0); }},
    {"MakesANetlinkSocket", "socket", [] { call(SYS_socket, AF_NETLINK, SOCK_RAW, 0); }},
    {"SendsADescriptor", "sendmsg", [] { call(SYS_sendmsg, 2, anywhere(), 0); }},
    {"Connects", "connect", [] { call(SYS_connect, 2, anywhere(), 16); }},
    // Other processes
    {"Traces", "ptrace", [] { call(SYS_ptrace, PTRACE_PEEKDATA, victim, anywhere(), 0); }},
    {"ReadsAnothersMemory", "process_vm_readv",
     [] {
         iovec here = {anywhere(), 1}, there = {anywhere(), 1};
         call(SYS_process_vm_readv, victim, &here, 1, &there, 1, 0);
     }},
    {"WritesAnothersMemory", "process_vm_writev",
     [] { call(SYS_process_vm_writev, victim, anywhere(), 0, anywhere(), 0, 0); }},
    {"HoldsAnother", "pidfd_open", [] { call(SYS_pidfd_open, victim, 0); }},
    {"KillsAnother", "kill", [] { call(SYS_kill, victim, 0); }},
    {"KillsAnothersThread", "tgkill", [] { call(SYS_tgkill, victim, victim, 0); }},
    {"QueuesASignal", "rt_sigqueueinfo", [] { call(SYS_rt_sigqueueinfo, victim, 0, anywhere()); }},
    {"ChangesAnothersLimits", "prlimit64",
     [] { call(SYS_prlimit64, victim, RLIMIT_NOFILE, nullptr, anywhere()); }},
    {"ChangesAnothersPriority", "setpriority", [] { call(SYS_setpriority, PRIO_PROCESS, victim, 0); }},
    // More processes and other programs
    {"Forks", "clone", [] { call(SYS_clone, SIGCHLD, 0, 0, 0, 0); }},
    {"ForksWithClone3", "clone3",
     [] {
         clone_args arguments = {};
         arguments.exit_signal = SIGCHLD;
         call(SYS_clone3, &arguments, sizeof(arguments));
     }},
    {"StartsAThread", "clone3",
     [] {
         clone_args arguments = {};
         arguments.flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
         call(SYS_clone3, &arguments, sizeof(arguments));
     }},
    {"Executes", "execve",
     [] {
         const char* const arguments[] = {"/bin/true", nullptr};
         call(SYS_execve, arguments[0], arguments, arguments + 1);
     }},
    {"ExecutesADescriptor", "execveat",
     [] {
         const char* const arguments[] = {"", nullptr};
         call(SYS_execveat, 2, "", arguments, arguments + 1, AT_EMPTY_PATH);
     }},
    {"MakesAProgramInMemory", "memfd_create", [] { call(SYS_memfd_create, "x", 0); }},
    // Memory
    {"MakesMemoryExecutable", "mprotect",
     [] {
         const auto page = reinterpret_cast<std::uintptr_t>(anywhere()) & ~std::uintptr_t{4095};
         call(SYS_mprotect, page, 4096, PROT_READ | PROT_EXEC);
     }},
    {"MapsExecutableMemory", "mmap",
     [] { call(SYS_mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
    {"MapsMemoryThatNoLimitCounts", "mmap",
     [] { call(SYS_mmap, 0, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0); }},
    {"LocksMemory", "mlock", [] { call(SYS_mlock, anywhere(), 4096); }},
    {"HandlesPageFaults", "userfaultfd", [] { call(SYS_userfaultfd, 0); }},
    // The way out
    {"ReplacesTheSignalHandler", "rt_sigaction",
     [] { call(SYS_rt_sigaction, SIGSYS, nullptr, anywhere(), 8); }},
    {"FiltersAnew", "seccomp", [] { call(SYS_seccomp, 1, 0, anywhere()); }},
    {"LetsOthersLookIn", "prctl", [] { call(SYS_prctl, PR_SET_DUMPABLE, 1, 0, 0, 0); }},
    {"ChangesItsUser", "setuid", [] { call(SYS_setuid, 0); }},
    {"TakesCapabilities", "capset", [] { call(SYS_capset, anywhere(), anywhere()); }},
    {"ChangesItsPersonality", "personality", [] { call(SYS_personality, 0x0400000); }},
    {"LeavesItsNamespace", "unshare", [] { call(SYS_unshare, CLONE_NEWUSER); }},
    {"EntersANamespace", "setns", [] { call(SYS_setns, 2, 0); }},
    // Parts of the kernel that it has no business with
    {"SendsAnUnknownIoctl", "ioctl", [] { call(SYS_ioctl, 2, TIOCSTI, anywhere()); }},
    {"SaysHello", "ioctl", [] { call(SYS_ioctl, 2, 0xc078da00UL, anywhere()); }},
    {"RunsBpf", "bpf", [] { call(SYS_bpf, 0, anywhere(), 64); }},
    {"CountsEvents", "perf_event_open", [] { call(SYS_perf_event_open, anywhere(), 0, -1, -1, 0); }},
    {"QueuesIo", "io_uring_setup", [] { call(SYS_io_uring_setup, 8, anywhere()); }},
    {"KeepsAKey", "add_key", [] { call(SYS_add_key, "user", "x", "x", 1, -3); }},
    {"LoadsAModule", "finit_module", [] { call(SYS_finit_module, 2, "", 0); }},
    {"Waits", "clock_nanosleep", [] { call(SYS_clock_nanosleep, 0, 0, anywhere(), nullptr); }},
    {"CallsWhatThereIsNot", "system call 9999", [] { call(9999); }},
};

} // namespace

std::span<const Attack> attacks() {
    return list;
}

} // namespace daedalus::test
