/* SPDX-License-Identifier: Apache-2.0 */
/* Many threads ask one struct control while another writes through a second one. */
#include "tap.h"

#include "control_fixture.h"

#include <pthread.h>

enum { ASKERS = 4, QUESTIONS = 500 };

struct asker {
	struct control *c;
	unsigned good, bad;
};

static void *ask(void *state)
{
	struct asker *a = state;
	struct control_sensor s;

	for (int i = 0; i < QUESTIONS; i++) {
		bool known = control_sensor_by_serial(a->c, "a1", &s, NULL) == STATUS_OK;
		bool unknown = control_sensor_by_serial(a->c, "zz", &s, NULL) == STATUS_DENIED;

		a->good += known && unknown;
		a->bad += !known || !unknown;
	}
	return NULL;
}

int main(void)
{
	struct control *front, *writer;
	struct asker askers[ASKERS];
	pthread_t threads[ASKERS];
	struct control_progress p = {1, 1, 0, T0};
	struct trouble t = {0};
	uint32_t member;
	unsigned bad = 0;

	fixture_begin();
	CHECK(fine(control_create(&front, fixture_path("main.db"), T0, &t), &t));
	CHECK(control_member_add(front, "jpcert", "", &admin, &member, &t) == STATUS_OK);
	CHECK(join(front, "one", member) == 1);
	CHECK(control_open(&writer, fixture_path("main.db"), &t) == STATUS_OK);
	for (int i = 0; i < ASKERS; i++) {
		askers[i] = (struct asker){.c = front};
		CHECK(pthread_create(&threads[i], NULL, ask, &askers[i]) == 0);
	}
	for (p.sequence = 1; p.sequence <= 50; p.sequence++)
		bad += control_progress_advance(writer, &p, 1, p.sequence, &t) != STATUS_OK;
	CHECK_U64(bad, 0);
	for (int i = 0; i < ASKERS; i++) {
		CHECK(pthread_join(threads[i], NULL) == 0);
		CHECK_U64(askers[i].good, QUESTIONS);
		CHECK_U64(askers[i].bad, 0);
	}
	control_close(writer);
	control_close(front);
	fixture_end();
	return tap_done();
}
