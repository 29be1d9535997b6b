/* SPDX-License-Identifier: Apache-2.0 */
/* Several processes, kill -9, a full disk, damage, backups, and older files. */
#include "tap.h"

#include "control_fixture.h"
#include "store/control_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum { RACERS = 4, ROUNDS = 10, KILLS = 20 };

static struct control *make(const char *name)
{
	struct control *c;
	struct trouble t = {0};
	uint32_t member;

	CHECK(fine(control_create(&c, fixture_path(name), T0, &t), &t));
	CHECK(fine(control_member_add(c, "jpcert", "", &admin, &member, &t), &t));
	return c;
}

/* --- one invitation, many takers --- */

static enum status issue_slowly(void *state, uint32_t number, const char *name,
                                struct control_certificate *out, struct trouble *t)
{
	struct timespec pause = {0, 2000000};

	nanosleep(&pause, NULL);
	return issue_plain(state, number, name, out, t);
}

/* Exit status: 0 it was let in, 1 refused, 2 anything else. */
static int take(const uint8_t hash[SHA256_BYTES], int gate)
{
	struct control_sensor s;
	struct control *c;
	struct trouble t = {0};
	enum status st;
	char byte;

	if (control_open(&c, fixture_path("race.db"), &t) || read(gate, &byte, 1) != 0)
		return 2;
	st = control_invitation_redeem(c, hash, T0, issue_slowly, NULL, &s, &t);
	control_close(c);
	return st == STATUS_OK ? 0 : st == STATUS_DENIED ? 1 : 2;
}

static void check_race(void)
{
	struct control *c = make("race.db");
	unsigned won = 0, lost = 0;
	struct trouble t = {0};

	for (int round = 0; round < ROUNDS; round++) {
		struct control_invitation i = invitation("racer", 1);
		pid_t racers[RACERS];
		int gate[2], status;

		snprintf(i.name, sizeof(i.name), "racer-%d", round);
		CHECK(control_invitation_add(c, &i, &admin, &t) == STATUS_OK && pipe(gate) == 0);
		for (int r = 0; r < RACERS; r++) {
			racers[r] = fork();
			if (racers[r] == 0) {
				close(gate[1]);
				_exit(take(i.hash, gate[0]));
			}
		}
		close(gate[0]);
		close(gate[1]); /* off they go */
		for (int r = 0; r < RACERS; r++) {
			CHECK(waitpid(racers[r], &status, 0) == racers[r] && WIFEXITED(status));
			won += WEXITSTATUS(status) == 0;
			lost += WEXITSTATUS(status) == 1;
		}
	}
	CHECK_U64(won, ROUNDS);
	CHECK_U64(lost, ROUNDS * (RACERS - 1));
	CHECK(fine(control_check(c, NULL, NULL, &t), &t));
	control_close(c);
}

/* --- kill -9 --- */

/* Two sensors always move together; each step is told after it returned. */
static void advance_forever(int tell)
{
	struct control_progress p[] = {{1, 1, 0, T0}, {2, 1, 0, T0}};
	struct control_progress *all;
	struct control *c;
	size_t n;

	if (control_open(&c, fixture_path("kill.db"), NULL) ||
	    control_progress_all(c, &all, &n, NULL))
		_exit(2);
	p[0].sequence = n > 0 ? all[0].sequence : 0;
	for (;;) {
		p[1].sequence = ++p[0].sequence;
		if (control_progress_advance(c, p, 2, p[0].sequence, NULL))
			_exit(3);
		if (write(tell, &p[0].sequence, sizeof(p[0].sequence)) < 0)
			_exit(4);
	}
}

static void check_kill(void)
{
	struct control *c = make("kill.db");
	struct control_progress *all;
	uint64_t told = 0, done_bad = 0, apart = 0, lost = 0, damaged = 0;
	struct trouble t = {0};
	size_t n;

	CHECK(join(c, "one", 1) == 1 && join(c, "two", 1) == 2);
	control_close(c);
	for (int k = 0; k < KILLS; k++) {
		int pipe_ends[2], status;
		pid_t child;
		bool done;

		CHECK(pipe(pipe_ends) == 0);
		child = fork();
		if (child == 0)
			advance_forever(pipe_ends[1]);
		close(pipe_ends[1]);
		/* Some steps, and then in the middle of one. */
		for (int i = 0; i < 1 + k % 7; i++)
			CHECK(read(pipe_ends[0], &told, sizeof(told)) == sizeof(told));
		usleep((useconds_t)(k * 37));
		kill(child, SIGKILL);
		CHECK(waitpid(child, &status, 0) == child && WIFSIGNALED(status));
		while (read(pipe_ends[0], &told, sizeof(told)) == sizeof(told))
			continue;
		close(pipe_ends[0]);
		CHECK(fine(control_open(&c, fixture_path("kill.db"), &t), &t));
		damaged += control_check(c, NULL, NULL, &t) != STATUS_OK;
		CHECK(control_progress_all(c, &all, &n, &t) == STATUS_OK && n == 2);
		apart += all[0].sequence != all[1].sequence;
		lost += all[0].sequence < told;
		done_bad += control_segment_done(c, all[0].sequence, &done, &t) || !done;
		done_bad += control_segment_done(c, all[0].sequence + 1, &done, &t) || done;
		free(all);
		control_close(c);
	}
	CHECK_U64(apart, 0);
	CHECK_U64(lost, 0);
	CHECK_U64(done_bad, 0);
	CHECK_U64(damaged, 0);
	CHECK(told > KILLS);
}

/* --- no space --- */

static void check_full(void)
{
	struct control *c = make("full.db");
	struct rlimit old, small;
	struct control_member m;
	struct trouble t = {0};
	struct stat log;
	enum status st = STATUS_OK;
	uint32_t id, added = 0;
	char name[SLUG_MAX];

	signal(SIGXFSZ, SIG_IGN);
	CHECK(getrlimit(RLIMIT_FSIZE, &old) == 0 && stat(fixture_path("full.db-wal"), &log) == 0);
	small = old;
	small.rlim_cur = (rlim_t)log.st_size + 64 * 1024;
	CHECK(setrlimit(RLIMIT_FSIZE, &small) == 0);
	while (st == STATUS_OK && added < 1000) {
		snprintf(name, sizeof(name), "m-%u", added);
		st = control_member_add(c, name, "", &admin, &id, &t);
		added += st == STATUS_OK;
	}
	CHECK(st == STATUS_FULL);
	printf("# full after %u: %s\n", added, t.text);
	CHECK(added > 1 && added < 1000);
	/* What was said to be there is, what was not is not, and reading goes on. */
	CHECK(control_member_by_name(c, "m-0", &m, &t) == STATUS_OK);
	CHECK(control_member_by_name(c, name, &m, &t) == STATUS_NOT_FOUND);
	CHECK(fine(control_check(c, NULL, NULL, &t), &t));
	/* Room again: it goes on by itself. */
	CHECK(setrlimit(RLIMIT_FSIZE, &old) == 0);
	CHECK(fine(control_member_add(c, name, "", &admin, &id, &t), &t));
	CHECK(control_member_by_name(c, name, &m, &t) == STATUS_OK);
	CHECK(fine(control_check(c, NULL, NULL, &t), &t));
	control_close(c);
	signal(SIGXFSZ, SIG_DFL);
}

/* --- a writer that does not let go --- */

static void check_busy(void)
{
	struct control *c = make("busy.db"), *other;
	struct control_sensor s;
	struct trouble t = {0};
	uint32_t id;

	CHECK(join(c, "one", 1) == 1);
	CHECK(control_open(&other, fixture_path("busy.db"), &t) == STATUS_OK);
	CHECK(control_begin(other, &t) == STATUS_OK);
	CHECK(control_sensor_by_serial(c, "a1", &s, &t) == STATUS_OK); /* readers go on */
	sqlite3_busy_timeout(c->db, 1);
	CHECK(control_member_add(c, "late", "", &admin, &id, &t) == STATUS_UNAVAILABLE);
	CHECK(control_end(other, STATUS_OK, &t) == STATUS_OK);
	CHECK(control_member_add(c, "late", "", &admin, &id, &t) == STATUS_OK);
	control_close(other);
	control_close(c);
}

/* --- copies and damage --- */

static void count(void *state, const char *sentence)
{
	printf("# %s\n", sentence);
	++*(unsigned *)state;
}

static void overwrite(const char *path, off_t at, size_t n)
{
	char *bytes = malloc(n);
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	memset(bytes, 0x5a, n);
	CHECK(fd >= 0 && pwrite(fd, bytes, n, at) == (ssize_t)n);
	close(fd);
	free(bytes);
}

static void check_copies(void)
{
	struct control *c = make("live.db"), *copy;
	char hub[CONTROL_HUB_ID_MAX], same[CONTROL_HUB_ID_MAX];
	struct trouble t = {0};
	struct stat info;
	uint32_t id;

	CHECK(fine(control_backup(c, fixture_path("copy.db"), &t), &t));
	CHECK(control_backup(c, fixture_path("copy.db"), &t) == STATUS_CONFLICT);
	CHECK(control_backup(c, fixture_path("no/copy.db"), &t) == STATUS_NOT_FOUND);
	CHECK(stat(fixture_path("copy.db"), &info) == 0 && (info.st_mode & 0777) == 0600);
	CHECK(control_member_add(c, "later", "", &admin, &id, &t) == STATUS_OK);
	/* A backup may lie on a medium that cannot be written. */
	CHECK(chmod(fixture_path("copy.db"), 0400) == 0);
	CHECK(fine(control_restore(fixture_path("copy.db"), fixture_path("new.db"), &t), &t));
	CHECK(control_restore(fixture_path("copy.db"), fixture_path("new.db"), &t) ==
	      STATUS_CONFLICT);
	CHECK(stat(fixture_path("copy.db-wal"), &info) != 0 && errno == ENOENT);
	CHECK(fine(control_open(&copy, fixture_path("new.db"), &t), &t));
	CHECK(control_hub_id(c, hub, &t) == STATUS_OK);
	CHECK(control_hub_id(copy, same, &t) == STATUS_OK);
	CHECK_STR(same, hub);
	CHECK(control_member_add(copy, "later", "", &admin, &id, &t) == STATUS_OK);
	control_close(copy);
	control_close(c);

	CHECK(chmod(fixture_path("copy.db"), 0600) == 0);
	CHECK(stat(fixture_path("copy.db"), &info) == 0);
	overwrite(fixture_path("copy.db"), 4096, (size_t)info.st_size - 4096);
	CHECK(control_restore(fixture_path("copy.db"), fixture_path("bad.db"), &t) ==
	      STATUS_FORMAT);
	CHECK(access(fixture_path("bad.db"), F_OK) != 0);
	overwrite(fixture_path("copy.db"), 0, 4096);
	CHECK(control_open(&c, fixture_path("copy.db"), &t) == STATUS_FORMAT && !c);
}

static void check_contradictions(void)
{
	struct control *c = make("wrong.db");
	struct trouble t = {0};
	unsigned findings = 0;

	CHECK(join(c, "one", 1) == 1);
	CHECK(control_check(c, count, &findings, &t) == STATUS_OK && findings == 0);
	CHECK(control_run(c, "UPDATE sensors SET state = 1", &t) == STATUS_OK);
	CHECK(control_check(c, count, &findings, &t) == STATUS_FORMAT && findings == 1);
	CHECK(control_run(c, "PRAGMA foreign_keys = OFF; DELETE FROM members", &t) == STATUS_OK);
	findings = 0;
	CHECK(control_check(c, count, &findings, &t) == STATUS_FORMAT && findings == 3);
	/* What was written into the audit log stays. */
	CHECK(control_run(c, "DELETE FROM audit", &t) == STATUS_CONFLICT);
	CHECK(control_run(c, "UPDATE audit SET who = 'nobody'", &t) == STATUS_CONFLICT);
	control_close(c);
}

/* --- schema versions --- */

/* A file as version 1 left it, with a member in it. */
static void make_first(const char *path)
{
	sqlite3 *db;

	CHECK(sqlite3_open(path, &db) == SQLITE_OK);
	CHECK(sqlite3_exec(db, control_schema_step(0), NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_exec(db,
	                   "INSERT INTO members (name, title, created) VALUES ('old', '', 1);"
	                   "INSERT INTO settings VALUES ('hub-id', '0123456789abcdef');"
	                   "PRAGMA user_version = 1; PRAGMA application_id = 1852991603",
	                   NULL, NULL, NULL) == SQLITE_OK);
	CHECK(sqlite3_close(db) == SQLITE_OK);
}

static void check_versions(void)
{
	struct control *c;
	struct control_member m;
	struct trouble t = {0};
	unsigned version;

	make_first(fixture_path("old.db"));
	CHECK(fine(control_open(&c, fixture_path("old.db"), &t), &t));
	CHECK(control_schema(c, &version, &t) == STATUS_OK && version == CONTROL_SCHEMA);
	CHECK(control_member_by_name(c, "old", &m, &t) == STATUS_OK && m.id == 1);
	CHECK(join(c, "one", 1) == 1);
	CHECK(control_progress_advance(c, &(struct control_progress){1, 1, 1, T0}, 1, 1, &t) ==
	      STATUS_OK);
	CHECK(fine(control_check(c, NULL, NULL, &t), &t));
	/* A later program's file, and another program's. */
	CHECK(control_run(c, "PRAGMA user_version = 99", &t) == STATUS_OK);
	control_close(c);
	CHECK(control_open(&c, fixture_path("old.db"), &t) == STATUS_UNSUPPORTED && !c);
	make_first(fixture_path("alien.db"));
	overwrite(fixture_path("alien.db"), 68, 4);
	CHECK(control_open(&c, fixture_path("alien.db"), &t) == STATUS_FORMAT && !c);
}

int main(void)
{
	fixture_begin();
	check_race();
	check_kill();
	check_full();
	check_busy();
	check_copies();
	check_contradictions();
	check_versions();
	fixture_end();
	return tap_done();
}
