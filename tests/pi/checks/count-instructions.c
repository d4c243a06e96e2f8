// SPDX-License-Identifier: BSD-2-Clause
/*
 * Counts the instructions that a machine executes while a command runs:
 *
 *	count-instructions COMMAND [ARGUMENT...]
 *
 * Prints "ALL PROGRAMS COMMAND" as the last line on standard error: those of all
 * processors; in it, those outside of the kernel; in these, those of the command
 * and its children. Needs
 * root, and processors that count instructions (perf_event_open(2)).
 */
#include <linux/perf_event.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define MOST_PROCESSORS 64

/* Of the command and its children outside of the kernel, or of a processor. */
static int open_counter(pid_t pid, int processor, int outside_kernel)
{
	int of_command = pid >= 0;

	struct perf_event_attr attr = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_HW_INSTRUCTIONS,
		.disabled = of_command,
		.inherit = of_command,
		.exclude_kernel = outside_kernel,
		.enable_on_exec = of_command,
	};
	int fd = (int)syscall(SYS_perf_event_open, &attr, pid, processor, -1,
			      PERF_FLAG_FD_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "count-instructions: perf_event_open: %s\n",
			strerror(errno));
		_exit(125);
	}
	return fd;
}

static uint64_t value_of(int fd)
{
	uint64_t value = 0;

	if (read(fd, &value, sizeof(value)) != sizeof(value)) {
		fprintf(stderr, "count-instructions: read: %s\n",
			strerror(errno));
		_exit(125);
	}
	return value;
}

int main(int argc, char **argv)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int counters[MOST_PROCESSORS], programs[MOST_PROCESSORS];
	int ready[2], of_command, status = 0;
	uint64_t all = 0, of_programs = 0;
	char byte = 0;
	pid_t child;

	if (argc < 2 || processors > MOST_PROCESSORS || pipe(ready) != 0)
		return 125;
	child = fork();
	if (child < 0)
		return 125;
	if (child == 0) {
		close(ready[1]);
		/* Nothing comes: the other end is closed when all counters are there. */
		if (read(ready[0], &byte, 1) == 0)
			execvp(argv[1], argv + 1);
		_exit(126);
	}
	of_command = open_counter(child, -1, 1);
	for (int i = 0; i < processors; i++) {
		counters[i] = open_counter(-1, i, 0);
		programs[i] = open_counter(-1, i, 1);
	}
	close(ready[0]);
	close(ready[1]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	for (int i = 0; i < processors; i++) {
		all += value_of(counters[i]);
		of_programs += value_of(programs[i]);
	}
	fprintf(stderr, "%llu %llu %llu\n", (unsigned long long)all,
		(unsigned long long)of_programs,
		(unsigned long long)value_of(of_command));
	return WIFEXITED(status) ? WEXITSTATUS(status) : 124;
}
