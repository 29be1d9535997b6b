/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/detector.h"

#include <string.h>

const struct detector *const detectors[] = {
        &detector_change,   &detector_group,     &detector_worm,
        &detector_newcomer, &detector_amplifier, NULL,
};

struct detect_settings detect_settings_usual(void)
{
	return (struct detect_settings){.memory = 32 << 20,
	                                .key = UINT64_C(0x6e6f726f73686921),
	                                .quiet_s = 28 * 86400,
	                                .newcomers = 10,
	                                .new_panels = 2};
}

const struct detector *detector_find(const char *name)
{
	for (const struct detector *const *d = detectors; *d; d++) {
		if (strcmp((*d)->name, name) == 0)
			return *d;
	}
	return NULL;
}

enum status detector_tell(struct event *e, const struct scene *scene, const struct event_sink *sink)
{
	e->serial++;
	e->changed_s = scene->noted_s;
	return sink->event(sink->state, e);
}
