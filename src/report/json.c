/* SPDX-License-Identifier: Apache-2.0 */
#include "report/json.h"

#include "base/json_out.h"
#include "base/timefmt.h"
#include "report/figures.h"

#include <stdio.h>

enum {
	TIME_DIGITS = 6,
	RATE_DIGITS = 6, /* estimates: more would pretend */
	SIZE_DIGITS = 17,
};

static void write_time(struct json_out *j, const char *key, uint64_t time_ns)
{
	char text[TIME_TEXT_MAX];

	time_text(time_ns, TIME_DIGITS, text);
	json_string(j, key, text);
}

static void write_time_or_null(struct json_out *j, const char *key, uint64_t time_ns, bool known)
{
	if (known)
		write_time(j, key, time_ns);
	else
		json_null(j, key);
}

static void write_text_or_null(struct json_out *j, const char *key, const char *text)
{
	json_string(j, key, text[0] ? text : NULL);
}

static void write_network(struct json_out *j, const char *country, uint32_t asn, const char *name)
{
	write_text_or_null(j, "country", country);
	if (asn)
		json_u64(j, "asn", asn);
	else
		json_null(j, "asn");
	write_text_or_null(j, "asn_name", name);
}

static void write_proto(struct json_out *j, const char *key, uint8_t proto)
{
	char text[PROTO_TEXT_MAX];

	proto_text(proto, text);
	json_string(j, key, text);
}

static void write_input(struct json_out *j, const struct analysis *a)
{
	json_object_open(j, "input");
	json_array_open(j, "files");
	for (size_t i = 0; i < a->file_count; i++)
		json_string(j, NULL, a->files[i].path);
	json_array_close(j);
	json_u64(j, "packets", a->packets);
	json_u64(j, "bytes", a->bytes);
	write_time_or_null(j, "first", a->first_ns, has_times(a));
	write_time_or_null(j, "last", a->last_ns, has_times(a));
	json_object_open(j, "skipped");
	for (unsigned s = 0; s < SKIP_COUNT; s++) {
		if (a->skipped[s])
			json_u64(j, skip_name((enum skip_reason)s), a->skipped[s]);
	}
	json_object_close(j);
	json_bool(j, "truncated", a->truncated);
	json_bool(j, "partial", a->partial);
	json_u64(j, "late", a->late);
	json_u64(j, "dropped", a->dropped);
	json_array_open(j, "file_details");
	for (size_t i = 0; i < a->file_count; i++) {
		json_object_open(j, NULL);
		json_string(j, "path", a->files[i].path);
		json_u64(j, "packets", a->files[i].packets);
		json_u64(j, "bytes", a->files[i].bytes);
		json_bool(j, "truncated", a->files[i].truncated);
		json_object_close(j);
	}
	json_array_close(j);
	json_object_close(j);
}

static void write_telescope(struct json_out *j, const struct analysis *a,
                            const struct report_options *o)
{
	char text[PREFIX_TEXT_MAX];

	json_object_open(j, "telescope");
	json_array_open(j, "prefixes");
	for (size_t i = 0; i < a->telescope.count; i++) {
		prefix_out(o, &a->telescope.items[i], text);
		json_string(j, NULL, text);
	}
	json_array_close(j);
	json_double(j, "addresses", a->addresses, SIZE_DIGITS);
	json_bool(j, "inferred", a->inferred);
	json_object_close(j);
}

static void write_kinds(struct json_out *j, const struct analysis *a)
{
	struct kind_row rows[KIND_ROWS_MAX];
	unsigned n = kind_rows(a, rows);

	json_object_open(j, "kinds");
	for (unsigned i = 0; i < n; i++)
		json_u64(j, rows[i].name, rows[i].packets);
	json_object_close(j);
	json_object_open(j, "behaviours");
	for (unsigned b = 0; b < BEHAVIOUR_COUNT; b++) {
		if (!a->behaviour_sources[b])
			continue;
		json_object_open(j, behaviour_name((enum behaviour)b));
		json_u64(j, "sources", a->behaviour_sources[b]);
		json_u64(j, "scan_packets", a->behaviours[b]);
		json_object_close(j);
	}
	json_object_close(j);
}

static void write_ports(struct json_out *j, const struct analysis *a)
{
	json_array_open(j, "ports");
	for (size_t i = 0; i < a->port_count; i++) {
		const struct port_report *p = &a->ports[i];

		json_object_open(j, NULL);
		write_proto(j, "proto", p->proto);
		json_u64(j, "port", p->port);
		json_string(j, "kind", packet_kind_name((enum packet_kind)p->kind));
		json_u64(j, "packets", p->packets);
		json_u64(j, "sources", p->sources);
		json_object_close(j);
	}
	json_array_close(j);
}

static void write_new(struct json_out *j, const struct analysis *a)
{
	json_array_open(j, "new");
	for (size_t i = 0; i < a->fresh_count; i++) {
		const struct fresh_port *p = &a->fresh[i];

		json_object_open(j, NULL);
		write_proto(j, "proto", p->proto);
		json_u64(j, "port", p->port);
		write_time(j, "since", p->since_ns);
		json_u64(j, "packets", p->packets);
		json_u64(j, "sources", p->sources);
		json_object_close(j);
	}
	json_array_close(j);
}

static void write_tools(struct json_out *j, const struct analysis *a)
{
	json_object_open(j, "tools");
	for (unsigned t = 0; t < TOOL_COUNT; t++) {
		if (!a->tools[t].sources)
			continue;
		json_object_open(j, tool_name((enum tool)t));
		json_u64(j, "sources", a->tools[t].sources);
		json_u64(j, "packets", a->tools[t].packets);
		json_object_close(j);
	}
	json_object_close(j);
}

static void write_source_facts(struct json_out *j, const struct source *s)
{
	json_u64(j, "packets", s->packets);
	json_u64(j, "bytes", s->bytes);
	write_time(j, "first", s->first_ns);
	write_time(j, "last", s->last_ns);
	json_u64(j, "destinations", whole(s->destinations));
	json_bool(j, "destinations_exact", s->destinations_exact);
	json_array_open(j, "ports");
	for (unsigned i = 0; i < s->top_port_count; i++) {
		json_object_open(j, NULL);
		write_proto(j, "proto", s->top_ports[i].proto);
		json_u64(j, "port", s->top_ports[i].port);
		json_string(j, "kind", packet_kind_name((enum packet_kind)s->top_ports[i].kind));
		json_u64(j, "packets", s->top_ports[i].packets);
		json_object_close(j);
	}
	json_array_close(j);
	json_u64(j, "ports_total", s->ports);
}

static void write_verdict(struct json_out *j, const struct verdict *v)
{
	json_string(j, "kind", behaviour_name(v->behaviour));
	json_string(j, "tool", tool_name(v->tool));
	json_double(j, "tool_p", v->tool_p, RATE_DIGITS);
	json_u64(j, "tool_packets", v->tool_packets);
	json_bool(j, "internet_wide", v->internet_wide);
	json_bool(j, "aggressive", v->aggressive);
	json_object_open(j, "spoofed");
	json_double(j, "score", v->spoof_score, RATE_DIGITS);
	json_array_open(j, "reasons");
	for (unsigned i = 0; i < v->spoof_reason_count; i++)
		json_string(j, NULL, v->spoof_reasons[i]);
	json_array_close(j);
	json_object_close(j);
}

static void write_sources(struct json_out *j, const struct analysis *a,
                          const struct report_options *o)
{
	json_u64(j, "sources_total", a->sources_total);
	json_array_open(j, "sources");
	for (size_t i = 0; i < a->source_count; i++) {
		const struct source_report *s = &a->sources[i];
		char text[ADDR_TEXT_MAX];

		address_out(o, &s->facts.address, text);
		json_object_open(j, NULL);
		json_string(j, "address", text);
		write_source_facts(j, &s->facts);
		write_verdict(j, &s->verdict);
		write_text_or_null(j, "known", s->known);
		write_network(j, s->country, s->asn, s->asn_name);
		json_object_close(j);
	}
	json_array_close(j);
	json_object_open(j, "folded");
	json_u64(j, "sources", a->folded.sources);
	json_u64(j, "packets", a->folded.packets);
	json_u64(j, "ports", a->folded.ports);
	json_u64(j, "vectors", a->folded.vectors);
	json_object_close(j);
}

static void write_attack(struct json_out *j, const struct attack *t, const struct report_options *o)
{
	char text[ADDR_TEXT_MAX];

	address_out(o, &t->victim, text);
	json_object_open(j, NULL);
	json_string(j, "victim", text);
	write_proto(j, "proto", t->proto);
	json_u64(j, "port", t->port);
	write_time(j, "start", t->start_ns);
	write_time(j, "end", t->end_ns);
	json_u64(j, "packets", t->packets);
	json_u64(j, "destinations", whole(t->destinations));
	json_u64(j, "highest_minute", t->highest_minute);
	json_object_open(j, "rate_pps");
	json_double(j, "estimate", t->rate, RATE_DIGITS);
	json_double(j, "low", t->rate_low, RATE_DIGITS);
	json_double(j, "high", t->rate_high, RATE_DIGITS);
	json_object_close(j);
	json_string(j, "rule", t->rule);
	json_string(j, "state", attack_state_name(t->state));
	write_network(j, t->country, t->asn, t->asn_name);
	json_object_close(j);
}

/* One array a class, so that a chart can take it as it stands. */
static void write_series(struct json_out *j, const struct analysis *a)
{
	json_object_open(j, "series");
	write_time_or_null(j, "start", a->series_start_ns, a->series_count > 0);
	json_double(j, "bin_seconds", (double)a->series_bin_ns / (double)NS_PER_SECOND, 12);
	json_object_open(j, "packets");
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		json_array_open(j, series_name((enum series)s));
		for (size_t i = 0; i < a->series_count; i++)
			json_u64(j, NULL, a->series[i].packets[s]);
		json_array_close(j);
	}
	json_object_close(j);
	json_object_open(j, "sources");
	for (unsigned s = 0; s < SERIES_COUNT; s++) {
		json_array_open(j, series_name((enum series)s));
		for (size_t i = 0; i < a->series_count; i++)
			json_double(j, NULL, a->series[i].sources[s], RATE_DIGITS);
		json_array_close(j);
	}
	json_array_open(j, "all");
	for (size_t i = 0; i < a->series_count; i++)
		json_double(j, NULL, a->series[i].sources_all, RATE_DIGITS);
	json_array_close(j);
	json_object_close(j);
	json_object_close(j);
}

static void write_limits(struct json_out *j, const struct analysis *a)
{
	json_object_open(j, "limits");
	json_double(j, "smallest_victim_pps", a->smallest_victim_pps, RATE_DIGITS);
	json_double(j, "seconds_to_see_10pps_95", a->seconds_to_see_10pps_95, RATE_DIGITS);
	json_object_close(j);
	json_object_open(j, "names");
	write_time_or_null(j, "geo_built", a->geo_built_ns, a->geo_built_ns > 0);
	write_time_or_null(j, "asn_built", a->asn_built_ns, a->asn_built_ns > 0);
	json_object_close(j);
	json_array_open(j, "warnings");
	for (size_t i = 0; i < a->warning_count; i++)
		json_string(j, NULL, a->warnings[i]);
	json_array_close(j);
}

enum status report_json(const struct analysis *a, const struct report_options *options,
                        struct outfile *out)
{
	struct json_out j;

	json_init(&j, out, 1);
	json_object_open(&j, NULL);
	json_object_open(&j, "noroshi");
	json_string(&j, "version", report_version(options));
	json_u64(&j, "format", REPORT_JSON_FORMAT);
	json_object_close(&j);
	write_input(&j, a);
	write_telescope(&j, a, options);
	write_kinds(&j, a);
	write_ports(&j, a);
	write_new(&j, a);
	write_tools(&j, a);
	write_sources(&j, a, options);
	json_array_open(&j, "attacks");
	for (size_t i = 0; i < a->attack_count; i++)
		write_attack(&j, &a->attacks[i], options);
	json_array_close(&j);
	write_limits(&j, a);
	write_series(&j, a);
	json_object_close(&j);
	return outfile_status(out);
}
