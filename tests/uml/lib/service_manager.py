#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""service_manager.py PROGRAM [ARGUMENT...]: runs a service as systemd does, as far
as its store of file descriptors and its directory go (FileDescriptorStoreMax=,
RuntimeDirectoryPreserve=restart, Restart=always, KillMode=process): starts it again
when it ends and hands on what it has asked to have kept. Ends with it on SIGTERM,
and lets go of the store.

There is no systemd in the test machine; the real one is used by tests/pi.
"""

import array
import ctypes
import fcntl
import os
import resource
import select
import signal
import socket
import sys

NOTIFY = "/run/daedalus-test-notify"
RUNTIME_DIRECTORY = "/run/daedalus"
RESTART_S = 0.1
PR_SET_CHILD_SUBREAPER = 36
FIRST_FD = 3  # SD_LISTEN_FDS_START
PARKING = 1000
MOST_FILES = 4096  # systemd allows more than a shell does


class Store:
    def __init__(self):
        self.kept = []  # (name, fd), as systemd has them: a name may come twice

    def message(self, text, fds):
        fields = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        name = fields.get("FDNAME", "stored")
        if "FDSTORE" in fields:
            self.kept += [(name, fd) for fd in fds]
            fds = []
        if "FDSTOREREMOVE" in fields:
            self.remove(lambda kept: kept[0] == name)
        for fd in fds:
            os.close(fd)

    def remove(self, condition):
        for name, fd in [kept for kept in self.kept if condition(kept)]:
            os.close(fd)
            self.kept.remove((name, fd))

    def remove_ended(self):
        """systemd lets go of what has hung up (FDPOLL=1 is the default)."""
        poller = select.poll()
        for _, fd in self.kept:
            poller.register(fd, 0)
        ended = {fd for fd, events in poller.poll(0) if events & (select.POLLHUP | select.POLLERR)}
        self.remove(lambda kept: kept[1] in ended)


def start(command, store):
    pid = os.fork()
    if pid:
        return pid
    environment = dict(os.environ, NOTIFY_SOCKET=NOTIFY, RUNTIME_DIRECTORY=RUNTIME_DIRECTORY)
    if store.kept:
        environment |= {
            "LISTEN_PID": str(os.getpid()),
            "LISTEN_FDS": str(len(store.kept)),
            "LISTEN_FDNAMES": ":".join(name for name, _ in store.kept),
        }
    # Away from where they must go, first.
    parked = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, PARKING) for _, fd in store.kept]
    for number, fd in enumerate(parked):
        os.dup2(fd, FIRST_FD + number, inheritable=True)
    os.execve(command[0], command, environment)
    return 0


def main():
    command = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    if os.path.exists(NOTIFY):
        os.unlink(NOTIFY)
    notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    notify.bind(NOTIFY)
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    os.makedirs(RUNTIME_DIRECTORY, exist_ok=True)
    store, main_pid, starts = Store(), 0, 0
    while main_pid or not told:
        if not main_pid:
            main_pid, starts = start(command, store), starts + 1
        if told and told[0]:
            os.kill(main_pid, signal.SIGTERM)
            told[0] = False  # once; what it says until its end is heard as ever
        readable, _, _ = select.select([notify], [], [], RESTART_S)
        if readable:
            data, ancillary, _, _ = notify.recvmsg(4096, socket.CMSG_SPACE(16 * 4))
            fds = array.array("i")
            for level, kind, payload in ancillary:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    fds.frombytes(payload)
            store.message(data.decode(), list(fds))
            continue  # all that it has said before it ended comes first
        store.remove_ended()
        while True:
            try:
                ended, _ = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                break
            if not ended:
                break
            if ended == main_pid:
                main_pid = 0
    print(f"started {starts} times, {len(store.kept)} files kept at the end", flush=True)


if __name__ == "__main__":
    main()
