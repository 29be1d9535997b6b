/* SPDX-License-Identifier: Apache-2.0 */
/* The sensor's figures as status.json, for `noroshi sensor status` and whoever looks after it. */
#include "sensor.h"

#include "base/clock.h"
#include "base/json_out.h"
#include "base/timefmt.h"
#include "ship/sender.h"

static void write_capture(struct json_out *j, struct sensor_board *b)
{
	json_object_open(j, "capture");
	json_bool(j, "watching", atomic_load(&b->watching));
	json_u64(j, "uptime_s", atomic_load(&b->uptime_s));
	json_u64(j, "packets", atomic_load(&b->packets));
	json_u64(j, "windows", atomic_load(&b->windows));
	json_u64(j, "dropped_kernel", atomic_load(&b->dropped_kernel));
	json_u64(j, "dropped_own", atomic_load(&b->dropped_own));
	json_u64(j, "malformed", atomic_load(&b->malformed));
	json_u64(j, "skipped", atomic_load(&b->skipped));
	json_u64(j, "late", atomic_load(&b->late));
	json_u64(j, "outages", atomic_load(&b->outages));
	json_u64(j, "raw_lost", atomic_load(&b->raw_lost));
	json_object_close(j);
}

static void write_spool(struct json_out *j, struct spool *spool)
{
	struct spool_figures f;

	spool_figures(spool, &f);
	json_object_open(j, "spool");
	json_u64(j, "waiting_frames", f.frames);
	json_u64(j, "waiting_bytes", f.bytes);
	json_u64(j, "oldest_s", f.oldest_s);
	json_u64(j, "disk_bytes", f.disk_bytes);
	json_u64(j, "disk_max", f.disk_max);
	json_u64(j, "lost_windows", f.losses.windows);
	json_u64(j, "lost_rows", f.losses.rows);
	json_u64(j, "lost_packets", f.losses.packets);
	json_u64(j, "refused", f.losses.refused);
	json_u64(j, "torn_bytes", f.losses.torn_bytes);
	json_object_close(j);
}

static void write_hub(struct json_out *j, const struct sensor *s, struct sender *sender)
{
	struct sender_figures f;

	sender_figures(sender, &f);
	json_object_open(j, "hub");
	json_string(j, "url", s->settings.url);
	json_bool(j, "reached", f.reached);
	json_string(j, "why", f.why);
	json_u64(j, "last_ack_s", f.last_ack_s);
	json_u64(j, "sent", f.sent);
	json_u64(j, "sent_bytes", f.sent_bytes);
	json_u64(j, "repeats", f.repeats);
	json_u64(j, "failures", f.failures);
	json_u64(j, "live_sent", f.live_sent);
	json_u64(j, "live_dropped", f.live_dropped);
	json_double(j, "clock_ahead_s", (double)f.clock_ahead_s, 10);
	json_u64(j, "certificate_until_s", f.certificate_until_s);
	json_object_close(j);
}

void sensor_status_write(const struct sensor *s, struct spool *spool, struct sender *sender)
{
	struct outfile *file;
	struct json_out j;
	struct trouble t;

	/* On a full disk the old figures stay; the log says what is wrong. */
	if (outfile_open(&file, s->status, &t))
		return;
	json_init(&j, file, 1);
	json_object_open(&j, NULL);
	json_u64(&j, "time_s", clock_wall_ns() / NS_PER_SECOND);
	json_u64(&j, "sensor", s->certificate.sensor);
	json_string(&j, "name", s->certificate.name);
	json_string(&j, "version", NOROSHI_VERSION);
	write_capture(&j, s->board);
	write_spool(&j, spool);
	write_hub(&j, s, sender);
	json_object_close(&j);
	outfile_text(file, "\n");
	if (outfile_commit(file, &t))
		return;
}
