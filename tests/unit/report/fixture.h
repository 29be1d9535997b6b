/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hand-made analyses, and what compares a report with its expected bytes.
 *
 * With NOROSHI_UPDATE_EXPECTED set the expected files are written instead; read the
 * difference before it is committed.
 */
#ifndef TESTS_UNIT_REPORT_FIXTURE_H
#define TESTS_UNIT_REPORT_FIXTURE_H

#include "base/timefmt.h"
#include "report/report.h"

#include "tap.h"

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define FIXTURE_START (UINT64_C(1767225600) * NS_PER_SECOND) /* 2026-01-01T00:00:00Z */

__attribute__((unused)) static void *fixture_array(size_t n, size_t size)
{
	void *items = calloc(n, size);

	if (!items)
		abort();
	return items;
}

__attribute__((unused)) static struct addr fixture_addr(const char *text)
{
	struct addr a = {{0}};

	CHECK(addr_parse(text, &a) == STATUS_OK);
	return a;
}

__attribute__((unused)) static void fixture_prefix(struct analysis *a, const char *text)
{
	struct prefix p;

	CHECK(prefix_parse(text, &p) == STATUS_OK && prefix_set_add(&a->telescope, p) == STATUS_OK);
}

__attribute__((unused)) static void fixture_file(struct analysis *a, size_t i, const char *path,
                                                 uint64_t packets, bool truncated)
{
	a->files[i] = (struct file_report){
	        .packets = packets, .bytes = packets * 60, .truncated = truncated};
	a->files[i].path = strdup(path);
}

/* Lossy on purpose: only names that fit are used. */
#define FIXTURE_NAME(field, text) snprintf((field), sizeof(field), "%s", (text))

__attribute__((unused)) static void fixture_input(struct analysis *a)
{
	a->file_count = 2;
	a->files = fixture_array(2, sizeof(*a->files));
	fixture_file(a, 0, "day/one.pcap.gz", 900000, false);
	fixture_file(a, 1, "evil\x1b]0;owned\x07<script>\xff.pcap", 334567, true);
	a->packets = 1234567;
	a->bytes = 98765432;
	a->first_ns = FIXTURE_START + 1234000;
	a->last_ns = FIXTURE_START + 86399 * NS_PER_SECOND;
	a->skipped[SKIP_LINK] = 3;
	a->skipped[SKIP_NOT_IP] = 1200;
	a->late = 17;
	a->dropped = 5;
	a->truncated = true;
	fixture_prefix(a, "198.18.0.0/16");
	fixture_prefix(a, "203.0.113.0/24");
	prefix_set_seal(&a->telescope);
	a->inferred = true;
	a->addresses = 65792;
}

__attribute__((unused)) static void fixture_counts(struct analysis *a)
{
	static const uint64_t kinds[KIND_COUNT] = {1100000, 120000, 344, 20, 12000, 1000};
	static const uint64_t behaviours[BEHAVIOUR_COUNT] = {800000, 150000, 90000,
	                                                     20000,  39000,  300};

	memcpy(a->kinds, kinds, sizeof(kinds));
	memcpy(a->behaviours, behaviours, sizeof(behaviours));
	for (unsigned b = 0; b < BEHAVIOUR_MALFORMED; b++)
		a->behaviour_sources[b] = 900 - 100 * b;
	a->tools[TOOL_UNKNOWN].sources = 9000;
	a->tools[TOOL_UNKNOWN].packets = 300000;
	a->tools[TOOL_ZMAP].sources = 40;
	a->tools[TOOL_ZMAP].packets = 400000;
	a->tools[TOOL_MIRAI].sources = 3000;
	a->tools[TOOL_MIRAI].packets = 350000;
	a->sources_total = 12345;
	a->folded.sources = 305;
	a->folded.packets = 700;
	a->folded.ports = 12;
	a->smallest_victim_pps = 32640;
	a->seconds_to_see_10pps_95 = 19558;
}

__attribute__((unused)) static void fixture_ports(struct analysis *a)
{
	static const struct port_report rows[] = {
	        {6, KIND_SCAN, 23, 543210, 8123, {0}},      {6, KIND_SCAN, 445, 210000, 2100, {0}},
	        {6, KIND_BACKSCATTER, 443, 120000, 9, {0}}, {17, KIND_SCAN, 123, 60000, 40, {0}},
	        {1, KIND_SCAN, 2048, 5000, 700, {0}},       {58, KIND_SCAN, 32768, 400, 7, {0}},
	        {6, KIND_SCAN, 49153, 12, 2, {0}},          {47, KIND_OTHER, 0, 1, 1, {0}},
	};

	a->port_count = sizeof(rows) / sizeof(rows[0]);
	a->ports = fixture_array(a->port_count, sizeof(*a->ports));
	memcpy(a->ports, rows, sizeof(rows));
	a->port_bin_start_ns = FIXTURE_START;
	a->port_bin_ns = 3600 * NS_PER_SECOND;
	a->port_bin_count = 24;
	for (size_t p = 0; p < a->port_count; p++) {
		for (size_t b = 0; b < a->port_bin_count; b++)
			a->ports[p].bins[b] = a->ports[p].packets * (1 + (b * (p + 3)) % 11) / 144;
	}
}

__attribute__((unused)) static void fixture_new(struct analysis *a)
{
	a->fresh_count = 2;
	a->fresh = fixture_array(2, sizeof(*a->fresh));
	a->fresh[0] = (struct fresh_port){6, 37777, FIXTURE_START + 8 * 3600 * NS_PER_SECOND,
	                                  477076, 4499};
	a->fresh[1] =
	        (struct fresh_port){17, 123, FIXTURE_START + 10 * 3600 * NS_PER_SECOND, 60000, 40};
}

__attribute__((unused)) static void fixture_source(struct source_report *s, const char *address,
                                                   uint64_t packets, enum behaviour behaviour,
                                                   enum tool tool)
{
	s->facts.address = fixture_addr(address);
	s->facts.packets = packets;
	s->facts.bytes = packets * 40;
	s->facts.first_ns = FIXTURE_START + 5 * NS_PER_SECOND;
	s->facts.last_ns = FIXTURE_START + 80000 * NS_PER_SECOND + 123456789;
	s->facts.destinations = packets < 7 ? 1 : (double)packets / 7;
	s->facts.ports = 3;
	s->facts.top_port_count = 2;
	s->facts.top_ports[0] = (struct source_port){6, KIND_SCAN, 23, packets - 1};
	s->facts.top_ports[1] = (struct source_port){17, KIND_SCAN, 1900, 1};
	s->verdict.behaviour = behaviour;
	s->verdict.tool = tool;
	s->verdict.tool_p = NAN;
}

__attribute__((unused)) static void fixture_sources(struct analysis *a)
{
	struct source_report *s = fixture_array(5, sizeof(*s));

	a->sources = s;
	a->source_count = 5;
	fixture_source(&s[0], "192.0.2.10", 400000, BEHAVIOUR_HORIZONTAL, TOOL_ZMAP);
	s[0].verdict.tool_p = 0;
	s[0].verdict.tool_packets = 399999;
	s[0].verdict.internet_wide = s[0].verdict.aggressive = true;
	FIXTURE_NAME(s[0].known, "Example Research");
	FIXTURE_NAME(s[0].country, "NL");
	FIXTURE_NAME(s[0].asn_name, "EXAMPLE-NET Example Networks B.V.");
	s[0].asn = 64500;
	fixture_source(&s[1], "2001:db8:1234:5678:9abc:def0:1234:5678", 90000, BEHAVIOUR_VERTICAL,
	               TOOL_UNKNOWN);
	s[1].facts.destinations_exact = true;
	s[1].facts.destinations = 1;
	fixture_source(&s[2], "192.0.2.66", 3000, BEHAVIOUR_HORIZONTAL, TOOL_MIRAI);
	s[2].verdict.tool_p = 1.5e-300;
	FIXTURE_NAME(s[2].asn_name, "\x1b[31m<img src=x onerror=alert(1)> & \"quotes\"");
	s[2].asn = 4294967295;
	FIXTURE_NAME(s[2].country, "JP");
	fixture_source(&s[3], "10.0.0.255", 500, BEHAVIOUR_PROBE, TOOL_UNKNOWN);
	s[3].verdict.spoof_score = 0.85;
	s[3].verdict.spoof_reasons[0] = "reserved address";
	s[3].verdict.spoof_reasons[1] = "ends in .0 or .255";
	s[3].verdict.spoof_reason_count = 2;
	fixture_source(&s[4], "192.0.2.99", 2, BEHAVIOUR_BACKSCATTER, TOOL_UNKNOWN);
	FIXTURE_NAME(s[4].known, "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e \xe2\x80\xae live");
}

__attribute__((unused)) static void fixture_attacks(struct analysis *a)
{
	struct attack *t = fixture_array(3, sizeof(*t));

	a->attacks = t;
	a->attack_count = 3;
	for (unsigned i = 0; i < 3; i++) {
		t[i] = (struct attack){.proto = 6,
		                       .port = 443,
		                       .start_ns = FIXTURE_START + i * 7200 * NS_PER_SECOND,
		                       .end_ns = FIXTURE_START + (i + 1) * 9000 * NS_PER_SECOND,
		                       .packets = 1000 * (i + 1),
		                       .destinations = 900,
		                       .highest_minute = 77,
		                       .rate = 250000.5 * (i + 1),
		                       .rate_low = 230000 * (i + 1),
		                       .rate_high = 270000 * (i + 1),
		                       .rule = "telescope",
		                       .state = (enum attack_state)(i + 1)};
		t[i].victim = fixture_addr(i == 1 ? "2001:db8::80" : "192.0.2.200");
	}
	t[1].rate = t[1].rate_low = t[1].rate_high = NAN;
	t[2].proto = 17;
	t[2].port = 53;
	FIXTURE_NAME(t[2].country, "DE");
	FIXTURE_NAME(t[2].asn_name, "</title><b>");
	t[2].asn = 64501;
}

__attribute__((unused)) static void fixture_series(struct analysis *a)
{
	a->series_count = 96;
	a->series_start_ns = FIXTURE_START;
	a->series_bin_ns = 900 * NS_PER_SECOND;
	a->series = fixture_array(a->series_count, sizeof(*a->series));
	for (size_t i = 0; i < a->series_count; i++) {
		for (unsigned s = 0; s < SERIES_COUNT; s++) {
			a->series[i].packets[s] = (i * (s + 7)) % (40 + 10 * s) * 100;
			a->series[i].sources[s] = (double)((i * (s + 5)) % 30);
			a->series[i].sources_all += a->series[i].sources[s];
		}
	}
}

/* A day with something of everything, hostile names included. */
__attribute__((unused)) static struct analysis fixture_day(void)
{
	struct analysis a = {0};

	fixture_input(&a);
	fixture_counts(&a);
	fixture_ports(&a);
	fixture_new(&a);
	fixture_sources(&a);
	fixture_attacks(&a);
	fixture_series(&a);
	a.geo_built_ns = FIXTURE_START - 86400 * 90 * NS_PER_SECOND;
	CHECK(analysis_warn(&a, "country names are %d days old; get a newer file", 90) == 0);
	CHECK(analysis_warn(&a, "bad\x1b[2Jname \xe2\x80\xae <b>&amp;") == 0);
	return a;
}

/* One packet that nobody can say much about. */
__attribute__((unused)) static struct analysis fixture_one_packet(void)
{
	struct analysis a = {0};

	a.file_count = 1;
	a.files = fixture_array(1, sizeof(*a.files));
	fixture_file(&a, 0, "-", 1, false);
	a.packets = 1;
	a.bytes = 40;
	a.first_ns = a.last_ns = FIXTURE_START;
	fixture_prefix(&a, "2001:db8::/32");
	a.addresses = 79228162514264337593543950336.0;
	a.kinds[KIND_SCAN] = 1;
	a.behaviours[BEHAVIOUR_PROBE] = 1;
	a.behaviour_sources[BEHAVIOUR_PROBE] = 1;
	a.tools[TOOL_UNKNOWN].sources = a.tools[TOOL_UNKNOWN].packets = 1;
	a.port_count = 1;
	a.ports = fixture_array(1, sizeof(*a.ports));
	a.ports[0] = (struct port_report){6, KIND_SCAN, 22, 1, 1, {1}};
	a.port_bin_start_ns = a.series_start_ns = FIXTURE_START;
	a.port_bin_ns = a.series_bin_ns = NS_PER_SECOND;
	a.port_bin_count = a.series_count = 1;
	a.series = fixture_array(1, sizeof(*a.series));
	a.series[0].packets[SERIES_SCAN_TCP] = 1;
	a.series[0].sources[SERIES_SCAN_TCP] = a.series[0].sources_all = 1;
	a.source_count = a.sources_total = 1;
	a.sources = fixture_array(1, sizeof(*a.sources));
	fixture_source(a.sources, "2001:db8::1", 1, BEHAVIOUR_PROBE, TOOL_UNKNOWN);
	a.sources->facts.last_ns = a.sources->facts.first_ns = FIXTURE_START;
	a.smallest_victim_pps = NAN;
	a.seconds_to_see_10pps_95 = INFINITY;
	return a;
}

/* Every number as large as its type. */
__attribute__((unused)) static struct analysis fixture_huge(void)
{
	struct analysis a = fixture_day();

	a.packets = a.bytes = a.last_ns = a.late = a.dropped = UINT64_MAX;
	a.first_ns = 0;
	a.sources_total = a.folded.packets = a.folded.sources = UINT64_MAX;
	a.addresses = 3.4e38;
	for (unsigned s = 0; s < SKIP_COUNT; s++)
		a.skipped[s] = UINT64_MAX / SKIP_COUNT;
	for (unsigned k = 0; k < KIND_COUNT; k++)
		a.kinds[k] = UINT64_MAX / KIND_COUNT;
	for (unsigned b = 0; b < BEHAVIOUR_COUNT; b++)
		a.behaviours[b] = a.behaviour_sources[b] = UINT64_MAX / BEHAVIOUR_COUNT;
	for (unsigned t = 0; t < TOOL_COUNT; t++)
		a.tools[t].sources = a.tools[t].packets = UINT64_MAX;
	for (size_t p = 0; p < a.port_count; p++) {
		a.ports[p].packets = a.ports[p].sources = UINT64_MAX;
		for (size_t b = 0; b < PORT_BINS; b++)
			a.ports[p].bins[b] = UINT64_MAX;
	}
	for (size_t i = 0; i < a.fresh_count; i++)
		a.fresh[i].since_ns = a.fresh[i].packets = a.fresh[i].sources = UINT64_MAX;
	for (size_t i = 0; i < a.source_count; i++) {
		a.sources[i].facts.packets = a.sources[i].facts.last_ns = UINT64_MAX;
		a.sources[i].facts.destinations = 1e300;
		a.sources[i].asn = UINT32_MAX;
		memset(a.sources[i].asn_name, 'W', ASN_TEXT_MAX - 1);
		memset(a.sources[i].known, 'M', OPERATOR_TEXT_MAX - 1);
	}
	for (size_t i = 0; i < a.attack_count; i++) {
		a.attacks[i].end_ns = a.attacks[i].packets = UINT64_MAX;
		a.attacks[i].rate = a.attacks[i].rate_high = 1e308;
	}
	for (size_t i = 0; i < a.series_count; i++) {
		for (unsigned s = 0; s < SERIES_COUNT; s++)
			a.series[i].packets[s] = UINT64_MAX;
		a.series[i].sources_all = 1e308;
	}
	a.series_bin_ns = a.port_bin_ns = UINT64_MAX / 96;
	a.smallest_victim_pps = a.seconds_to_see_10pps_95 = 1e308;
	return a;
}

__attribute__((unused)) static char *fixture_read(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text;
	long size;

	if (!f)
		return strdup("");
	fseek(f, 0, SEEK_END);
	size = ftell(f);
	rewind(f);
	text = fixture_array((size_t)size + 1, 1);
	if (fread(text, 1, (size_t)size, f) != (size_t)size)
		abort();
	fclose(f);
	return text;
}

/* The report as text, for free(). */
__attribute__((unused)) static char *fixture_print(const char *form, const struct analysis *a,
                                                   const struct report_options *options)
{
	struct report_options o = options ? *options : (struct report_options){0};
	char path[] = "/tmp/noroshi-report-XXXXXX";
	struct outfile *out = NULL;
	int fd = mkstemp(path);
	char *text;

	o.version = "1.2.3";
	CHECK(fd >= 0 && outfile_open(&out, path, NULL) == STATUS_OK);
	CHECK(report_form_find(form)->print(a, &o, out) == STATUS_OK);
	CHECK(outfile_commit(out, NULL) == STATUS_OK);
	close(fd);
	text = fixture_read(path);
	unlink(path);
	return text;
}

/* Compare with tests/unit/report/expected/<name>, byte for byte. */
__attribute__((unused)) static void fixture_expect(const char *name, const char *got)
{
	char path[PATH_MAX];
	char *want;

	snprintf(path, sizeof(path), "%.*s/expected/%s", (int)(strrchr(__FILE__, '/') - __FILE__),
	         __FILE__, name);
	if (getenv("NOROSHI_UPDATE_EXPECTED")) {
		FILE *f = fopen(path, "wb");

		if (!f || fputs(got, f) < 0 || fclose(f))
			abort();
	}
	want = fixture_read(path);
	if (!CHECK(strcmp(got, want) == 0)) {
		size_t at = 0, line = 1;

		for (; got[at] && got[at] == want[at]; at++)
			line += got[at] == '\n';
		printf("# %s:%zu differs: got '%.60s'\n", name, line, got + at);
	}
	free(want);
}

/* A map as plain as can be seen: every byte of an IPv4 address turned around. */
__attribute__((unused)) static void fixture_map(const void *state, const struct addr *in,
                                                struct addr *out)
{
	*out = *in;
	for (unsigned i = 12; i < 16; i++)
		out->b[i] = in->b[i] ^ *(const uint8_t *)state;
}

#endif
