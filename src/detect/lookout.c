/* SPDX-License-Identifier: Apache-2.0 */
#include "detect/lookout.h"

#include "base/hash.h"
#include "detect/digest.h"
#include "detect/roster.h"
#include "detect/sensors.h"
#include "ship/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define LOOKOUT_MAGIC UINT64_C(0x31304b4c494f524e) /* "NROILK01": a change is a new number */

enum {
	SEEN_MAX = 1 << 18,   /* windows of a bin that are known again; 4,000 sensors' minutes */
	JUMP_BINS = 60 * 144, /* a gap of more than 60 days is jumped over */
};

struct period {
	uint64_t start_s;
	bool open;
	size_t sensors; /* known when it was opened; later ones wait for the next */
	struct digest *digest;
	struct roster *roster;
	uint64_t *seen; /* fingerprints of windows, 0: free */
	size_t seen_count;
};

struct lookout {
	struct lookout_options options;
	struct sensors sensors;
	struct period bins[OPEN_PERIODS], slots[OPEN_PERIODS];
	uint64_t bins_closed_s, slots_closed_s; /* all before are closed; 0: nothing came yet */
	const struct detector *detectors[DETECTORS_MAX];
	void *states[DETECTORS_MAX];
	size_t count;
	uint64_t counters[LOOKOUT_COUNTERS];
	/* the window that is coming in */
	struct period *bin, *slot;
	struct digest_from from;
};

static enum status pass_event(void *state, const struct event *e)
{
	struct lookout *l = state;

	l->counters[LOOKOUT_EVENTS]++;
	return l->options.sink.event(l->options.sink.state, e);
}

static enum status open_detectors(struct lookout *l)
{
	const struct detector *const *wanted = l->options.wanted;

	for (const struct detector *const *d = wanted ? wanted : detectors; *d; d++) {
		enum status st;

		if (!wanted && (*d)->reference)
			continue;
		assert(l->count < DETECTORS_MAX);
		l->detectors[l->count] = *d;
		st = (*d)->open(&l->states[l->count], &l->options.settings);
		if (st)
			return st;
		l->count++;
	}
	return STATUS_OK;
}

static enum status open_periods(struct lookout *l)
{
	uint64_t key = l->options.settings.key;
	enum status st = STATUS_OK;

	for (int i = 0; i < OPEN_PERIODS && !st; i++) {
		l->bins[i].seen = calloc(SEEN_MAX, sizeof(uint64_t));
		if (!l->bins[i].seen)
			return STATUS_NO_MEMORY;
		st = digest_new(&l->bins[i].digest, key);
		if (!st)
			st = roster_new(&l->slots[i].roster, key);
	}
	return st;
}

enum status lookout_new(struct lookout **out, const struct lookout_options *o)
{
	struct lookout *l = calloc(1, sizeof(*l));
	enum status st;

	*out = NULL;
	if (!l)
		return STATUS_NO_MEMORY;
	assert(o->grace_s <= LOOKOUT_GRACE_MAX);
	l->options = *o;
	st = open_detectors(l);
	if (!st)
		st = open_periods(l);
	if (st) {
		lookout_free(l);
		return st;
	}
	*out = l;
	return STATUS_OK;
}

static enum status show(struct lookout *l, const struct scene *scene, uint32_t length_s)
{
	const struct event_sink sink = {l, pass_event};
	enum status st = STATUS_OK;

	for (size_t i = 0; i < l->count && !st; i++) {
		if (l->detectors[i]->period_s == length_s)
			st = l->detectors[i]->watch(l->states[i], scene, &sink);
	}
	return st;
}

static void reset_period(struct period *p)
{
	p->open = false;
	if (p->digest)
		digest_reset(p->digest);
	if (p->roster)
		roster_reset(p->roster);
	if (p->seen && p->seen_count)
		memset(p->seen, 0, SEEN_MAX * sizeof(*p->seen));
	p->seen_count = 0;
}

static enum status close_period(struct lookout *l, uint64_t start_s, uint32_t length_s)
{
	bool is_bin = length_s == BIN_SECONDS;
	struct period *p = &(is_bin ? l->bins : l->slots)[start_s / length_s % OPEN_PERIODS];
	struct coverage coverage;
	struct scene scene = {.start_s = start_s,
	                      .end_s = start_s + length_s,
	                      .noted_s = start_s + length_s + l->options.grace_s,
	                      .coverage = &coverage,
	                      .digest = p->digest,
	                      .roster = p->roster};
	enum status st;

	assert(!p->open || p->start_s == start_s);
	sensors_cover(&l->sensors, start_s, length_s, &coverage);
	if (is_bin) {
		l->counters[LOOKOUT_BINS]++;
		l->counters[LOOKOUT_GAPS] += coverage.usable < coverage.panels || !coverage.panels;
	}
	st = show(l, &scene, length_s);
	reset_period(p);
	return st;
}

/* Close what ends at until_s or before, the earliest first, a slot before its bin. */
static enum status close_until(struct lookout *l, uint64_t until_s)
{
	enum status st = STATUS_OK;

	if (until_s > l->bins_closed_s + (uint64_t)JUMP_BINS * BIN_SECONDS) {
		uint64_t keep = OPEN_PERIODS * BIN_SECONDS;

		st = close_until(l, l->bins_closed_s + keep);
		l->bins_closed_s = (until_s - keep) / BIN_SECONDS * BIN_SECONDS;
		l->slots_closed_s = l->bins_closed_s;
	}
	while (!st && (l->slots_closed_s + SLOT_SECONDS <= until_s ||
	               l->bins_closed_s + BIN_SECONDS <= until_s)) {
		if (l->slots_closed_s < l->bins_closed_s + BIN_SECONDS) {
			st = close_period(l, l->slots_closed_s, SLOT_SECONDS);
			l->slots_closed_s += SLOT_SECONDS;
		} else {
			st = close_period(l, l->bins_closed_s, BIN_SECONDS);
			l->bins_closed_s += BIN_SECONDS;
		}
	}
	return st;
}

static struct period *open_period(struct lookout *l, uint64_t time_s, uint32_t length_s)
{
	bool is_bin = length_s == BIN_SECONDS;
	uint64_t start_s = time_s / length_s * length_s;
	uint64_t closed_s = is_bin ? l->bins_closed_s : l->slots_closed_s;
	struct period *p = &(is_bin ? l->bins : l->slots)[start_s / length_s % OPEN_PERIODS];

	if (start_s < closed_s || start_s >= closed_s + OPEN_PERIODS * length_s)
		return NULL;
	if (!p->open) {
		p->open = true;
		p->start_s = start_s;
		p->sensors = l->sensors.count;
	}
	return p;
}

static uint64_t window_print(const struct window_header *h)
{
	uint64_t a = hash_u64((uint64_t)h->sensor << 32 | h->start_s, h->span_s);

	return hash_u64(h->packets ^ a, hash_u64(h->rows, h->late)) | 1;
}

/* Whether the bin had this window; past the room for fingerprints none is known again. */
static bool is_doubled(struct period *bin, const struct window_header *h)
{
	uint64_t print = window_print(h);
	size_t at = (print >> 20) % SEEN_MAX;

	while (bin->seen[at] && bin->seen[at] != print)
		at = (at + 1) % SEEN_MAX;
	if (bin->seen[at])
		return true;
	if (bin->seen_count < SEEN_MAX / 4 * 3) {
		bin->seen[at] = print;
		bin->seen_count++;
	}
	return false;
}

static enum status move_time(struct lookout *l, const struct window_header *h)
{
	uint64_t now_s = sensors_time(&l->sensors) + h->span_s;

	if (l->bins_closed_s == 0)
		l->bins_closed_s = l->slots_closed_s = h->start_s / BIN_SECONDS * BIN_SECONDS;
	return now_s > l->options.grace_s ? close_until(l, now_s - l->options.grace_s) : STATUS_OK;
}

static void aim(struct lookout *l, const struct window_header *h, struct sensor *sensor)
{
	size_t index = (size_t)(sensor - l->sensors.items);
	bool is_late = h->start_s < l->bins_closed_s;

	l->bin = open_period(l, h->start_s, BIN_SECONDS);
	l->slot = open_period(l, h->start_s, SLOT_SECONDS);
	l->counters[LOOKOUT_LATE] += is_late;
	l->counters[LOOKOUT_AHEAD] += !l->bin && !is_late;
	if (l->bin && is_doubled(l->bin, h)) {
		l->counters[LOOKOUT_DOUBLED]++;
		l->bin = l->slot = NULL;
	}
	if (l->bin)
		sensors_note(&l->sensors, sensor, h);
	l->from = (struct digest_from){.panel = sensors_panel(index), .sensor = (unsigned)index};
	if (l->bin && index >= l->bin->sensors)
		l->bin = NULL;
	if (l->bin)
		l->from.alone = l->bin->sensors == 1;
}

static enum status on_begin(void *state, const struct window_header *h)
{
	struct lookout *l = state;
	struct sensor *sensor;
	enum status st = sensors_take(&l->sensors, h, &sensor);

	l->bin = l->slot = NULL;
	l->counters[LOOKOUT_WINDOWS]++;
	if (!st && !sensor)
		l->counters[LOOKOUT_STRANGE]++;
	if (st || !sensor)
		return st;
	l->counters[LOOKOUT_SENSORS] = l->sensors.count;
	if (h->start_s > sensor->last_s) {
		sensor->last_s = h->start_s;
		sensor->arrival = l->sensors.arrivals + 1;
	}
	st = move_time(l, h);
	if (!st)
		aim(l, h, sensor);
	return st;
}

static enum status on_row(void *state, const struct flow *row)
{
	struct lookout *l = state;
	char country[3] = "";
	enum status st = STATUS_OK;

	l->counters[LOOKOUT_ROWS]++;
	if (l->slot)
		st = roster_add(l->slot->roster, row, l->from.sensor);
	if (st || !l->bin)
		return st;
	if (l->options.country)
		l->options.country(l->options.country_state, &row->source, country);
	return digest_add(l->bin->digest, row, &l->from, country);
}

static enum status on_end(void *state)
{
	struct lookout *l = state;

	l->bin = l->slot = NULL;
	return STATUS_OK;
}

struct flow_sink lookout_sink(struct lookout *l)
{
	return (struct flow_sink){l, on_begin, on_row, on_end};
}

enum status lookout_finish(struct lookout *l)
{
	uint64_t end_s = 0;

	for (int i = 0; i < OPEN_PERIODS; i++) {
		if (l->bins[i].open && l->bins[i].start_s + BIN_SECONDS > end_s)
			end_s = l->bins[i].start_s + BIN_SECONDS;
	}
	return close_until(l, end_s);
}

uint64_t lookout_count(const struct lookout *l, enum lookout_counter counter)
{
	uint64_t n = l->counters[counter];

	for (int i = 0; i < OPEN_PERIODS && counter == LOOKOUT_FORGOTTEN; i++)
		n += digest_forgotten(l->bins[i].digest) + digest_thinned(l->bins[i].digest) +
		     roster_thinned(l->slots[i].roster);
	for (size_t i = 0; i < l->count && counter == LOOKOUT_FORGOTTEN; i++)
		n += l->detectors[i]->forgotten(l->states[i]);
	return n;
}

const char *lookout_counter_name(enum lookout_counter counter)
{
	static const char *const names[] = {
#define LOOKOUT(id, name) name,
#include "detect/lookout.def"
#undef LOOKOUT
	};

	assert((unsigned)counter < LOOKOUT_COUNTERS);
	return names[counter];
}

/* magic, closed, sensors, then of each detector: name, length, bytes; a checksum of all. */
enum status lookout_save(const struct lookout *l, struct keep *out)
{
	keep_u64(out, LOOKOUT_MAGIC);
	keep_u64(out, l->bins_closed_s);
	keep_u64(out, l->slots_closed_s);
	sensors_save(&l->sensors, l->bins_closed_s, out);
	keep_u64(out, l->count);
	for (size_t i = 0; i < l->count; i++) {
		struct keep part = {0};
		char name[EVENT_NAME_MAX] = "";

		strncpy(name, l->detectors[i]->name, sizeof(name) - 1);
		l->detectors[i]->save(l->states[i], &part);
		keep_bytes(out, name, sizeof(name));
		keep_u64(out, part.size);
		keep_bytes(out, part.bytes, part.size);
		out->failed |= part.failed;
		keep_clear(&part);
	}
	if (!out->failed)
		keep_u64(out, batch_checksum(out->bytes, out->size));
	return out->failed ? STATUS_NO_MEMORY : STATUS_OK;
}

/* What a detector of this name left; one that is not wanted any more is passed over. */
static enum status load_detector(struct lookout *l, struct cursor *in)
{
	const char *name = (const char *)cursor_take(in, EVENT_NAME_MAX);
	size_t size = keep_get_count(in, 1);
	const uint8_t *bytes = cursor_take(in, size);
	enum status st = STATUS_OK;

	if (!name || !bytes || name[EVENT_NAME_MAX - 1])
		return STATUS_FORMAT;
	for (size_t i = 0; i < l->count && !st; i++) {
		struct cursor part = cursor_over(bytes, size);

		if (strcmp(l->detectors[i]->name, name) != 0)
			continue;
		st = l->detectors[i]->load(l->states[i], &part);
		if (!st && (part.failed || cursor_left(&part)))
			st = STATUS_FORMAT;
	}
	return st;
}

enum status lookout_load(struct lookout *l, const void *bytes, size_t n)
{
	struct cursor in = cursor_over(bytes, n);
	enum status st;
	size_t count;

	if (n < 16 || bytes_le64((const uint8_t *)bytes + n - 8) != batch_checksum(bytes, n - 8))
		return STATUS_FORMAT;
	in = cursor_over(bytes, n - 8);
	if (cursor_le64(&in) != LOOKOUT_MAGIC)
		return STATUS_FORMAT;
	l->bins_closed_s = cursor_le64(&in);
	l->slots_closed_s = cursor_le64(&in);
	st = sensors_load(&l->sensors, &in);
	count = keep_get_count(&in, EVENT_NAME_MAX + 8);
	for (size_t i = 0; i < count && !st; i++)
		st = load_detector(l, &in);
	return st ? st : in.failed || cursor_left(&in) ? STATUS_FORMAT : STATUS_OK;
}

uint64_t lookout_resume_s(const struct lookout *l)
{
	return l->bins_closed_s < l->slots_closed_s ? l->bins_closed_s : l->slots_closed_s;
}

void lookout_free(struct lookout *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < l->count; i++)
		l->detectors[i]->close(l->states[i]);
	for (int i = 0; i < OPEN_PERIODS; i++) {
		digest_free(l->bins[i].digest);
		roster_free(l->slots[i].roster);
		free(l->bins[i].seen);
	}
	sensors_clear(&l->sensors);
	free(l);
}
