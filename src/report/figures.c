/* SPDX-License-Identifier: Apache-2.0 */
#include "report/figures.h"

#include "base/timefmt.h"

#include <inttypes.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>

/* Scan packets whose source does not scan for the most part, or was folded away, have no
 * behaviour of a scanner to be named after: they stay "scan". */
unsigned kind_rows(const struct analysis *a, struct kind_row rows[KIND_ROWS_MAX])
{
	uint64_t scans = a->kinds[KIND_SCAN];
	unsigned n = 0;

	for (unsigned b = BEHAVIOUR_HORIZONTAL; b <= BEHAVIOUR_PROBE; b++) {
		uint64_t packets = a->behaviours[b] < scans ? a->behaviours[b] : scans;

		if (packets)
			rows[n++] = (struct kind_row){behaviour_name((enum behaviour)b), packets};
		scans -= packets;
	}
	for (unsigned k = 0; k < KIND_COUNT; k++) {
		uint64_t packets = k == KIND_SCAN ? scans : a->kinds[k];

		if (packets || k == KIND_BACKSCATTER)
			rows[n++] =
			        (struct kind_row){packet_kind_name((enum packet_kind)k), packets};
	}
	return n;
}

uint64_t analysed_packets(const struct analysis *a)
{
	uint64_t sum = 0;

	for (unsigned k = 0; k < KIND_COUNT; k++)
		sum += a->kinds[k];
	return sum;
}

uint64_t skipped_packets(const struct analysis *a)
{
	uint64_t sum = 0;

	for (unsigned s = 0; s < SKIP_COUNT; s++)
		sum += a->skipped[s];
	return sum;
}

bool has_times(const struct analysis *a)
{
	return a->packets > 0 && a->last_ns > 0;
}

double span_seconds(const struct analysis *a)
{
	if (!has_times(a) || a->last_ns <= a->first_ns)
		return 0;
	return (double)(a->last_ns - a->first_ns) / (double)NS_PER_SECOND;
}

/* Whether attack x ranks before y; ties keep the order of the analysis. */
static bool outranks(const struct analysis *a, size_t x, size_t y)
{
	double rate_x = isnan(a->attacks[x].rate) ? -1 : a->attacks[x].rate;
	double rate_y = isnan(a->attacks[y].rate) ? -1 : a->attacks[y].rate;

	if (rate_x != rate_y)
		return rate_x > rate_y;
	if (a->attacks[x].packets != a->attacks[y].packets)
		return a->attacks[x].packets > a->attacks[y].packets;
	return x < y;
}

static void sort_indices(size_t picks[], unsigned n)
{
	for (unsigned i = 1; i < n; i++) {
		size_t moving = picks[i];
		unsigned at = i;

		for (; at > 0 && picks[at - 1] > moving; at--)
			picks[at] = picks[at - 1];
		picks[at] = moving;
	}
}

unsigned largest_attacks(const struct analysis *a, size_t picks[], unsigned max)
{
	unsigned n = 0;

	for (size_t i = 0; i < a->attack_count; i++) {
		unsigned at = n;

		while (at > 0 && outranks(a, i, picks[at - 1]))
			at--;
		if (at == max)
			continue;
		if (n < max)
			n++;
		for (unsigned k = n - 1; k > at; k--)
			picks[k] = picks[k - 1];
		picks[at] = i;
	}
	sort_indices(picks, n);
	return n;
}

size_t standing_attacks(const struct analysis *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->attack_count; i++)
		n += a->attacks[i].state != ATTACK_WITHDRAWN;
	return n;
}

static const char *proto_name(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_TCP:
		return "tcp";
	case IPPROTO_UDP:
		return "udp";
	case IPPROTO_ICMP:
		return "icmp";
	case IPPROTO_ICMPV6:
		return "icmp6";
	default:
		return NULL;
	}
}

void proto_text(uint8_t proto, char out[PROTO_TEXT_MAX])
{
	const char *name = proto_name(proto);

	if (name)
		snprintf(out, PROTO_TEXT_MAX, "%s", name);
	else
		snprintf(out, PROTO_TEXT_MAX, "%u", proto);
}

void port_text(uint8_t proto, uint16_t port, char out[PORT_TEXT_MAX])
{
	const char *name = proto_name(proto);

	if (proto == IPPROTO_TCP || proto == IPPROTO_UDP)
		snprintf(out, PORT_TEXT_MAX, "%u/%s", port, name);
	else if (name)
		snprintf(out, PORT_TEXT_MAX, "%s %u/%u", name, port >> 8, port & 0xffu);
	else
		snprintf(out, PORT_TEXT_MAX, "protocol %u", proto);
}

const char *service_name(uint8_t proto, uint16_t port)
{
	enum { TCP = 1, UDP = 2, BOTH = 3, ICMP = 4, ICMP6 = 8 };
	static const struct {
		uint16_t port;
		uint8_t protos;
		const char *name;
	} services[] = {
#define SERVICE(protos, port, name) {port, protos, name},
#include "report/service.def"
#undef SERVICE
	};
	unsigned wanted = proto == IPPROTO_TCP      ? TCP
	                  : proto == IPPROTO_UDP    ? UDP
	                  : proto == IPPROTO_ICMP   ? ICMP
	                  : proto == IPPROTO_ICMPV6 ? ICMP6
	                                            : 0;

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++) {
		if ((services[i].protos & wanted) && services[i].port == port)
			return services[i].name;
	}
	return "";
}

void count_text(uint64_t n, char out[NUMBER_TEXT_MAX])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%" PRIu64, n), used = 0;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0)
			out[used++] = ',';
		out[used++] = digits[i];
	}
	out[used] = '\0';
}

void plural_text(uint64_t n, const char *noun, char out[NUMBER_TEXT_MAX])
{
	char digits[NUMBER_TEXT_MAX];

	count_text(n, digits);
	snprintf(out, NUMBER_TEXT_MAX, "%.27s %.10s%s", digits, noun, n == 1 ? "" : "s");
}

/* Three significant digits in the unit that keeps them below a thousand. */
static void unit_text(double n, const char *const units[], unsigned count, char *out)
{
	unsigned unit = 0;

	if (!isfinite(n)) {
		snprintf(out, NUMBER_TEXT_MAX, "?");
		return;
	}
	for (; fabs(n) >= 999.5 && unit + 1 < count; unit++)
		n /= 1000;
	snprintf(out, NUMBER_TEXT_MAX, "%.3g%s", n, units[unit]);
}

void short_text(double n, char out[NUMBER_TEXT_MAX])
{
	static const char *const units[] = {"", " k", " M", " G", " T", " P", " E"};

	unit_text(n, units, 7, out);
}

void range_text(double low, double high, char out[RANGE_TEXT_MAX])
{
	char from[NUMBER_TEXT_MAX], to[NUMBER_TEXT_MAX], *unit;

	short_text(low, from);
	short_text(high, to);
	unit = strchr(from, ' ');
	if (unit && strchr(to, ' ') && strcmp(unit, strchr(to, ' ')) == 0)
		*unit = '\0';
	snprintf(out, RANGE_TEXT_MAX, "%s to %s", from, to);
}

void bytes_text(uint64_t n, char out[NUMBER_TEXT_MAX])
{
	static const char *const units[] = {" bytes", " kB", " MB", " GB", " TB", " PB", " EB"};

	unit_text((double)n, units, 7, out);
}

uint64_t whole(double n)
{
	if (!(n > 0))
		return 0;
	return n >= 18446744073709549568.0 ? UINT64_MAX : (uint64_t)(n + 0.5);
}

static struct addr mapped(const struct report_options *o, const struct addr *a)
{
	struct addr out = *a;

	if (o->map)
		o->map(o->map_state, a, &out);
	return out;
}

void address_out(const struct report_options *o, const struct addr *a, char out[ADDR_TEXT_MAX])
{
	struct addr shown = mapped(o, a);

	addr_text(&shown, out);
}

void prefix_out(const struct report_options *o, const struct prefix *p, char out[PREFIX_TEXT_MAX])
{
	struct addr base = mapped(o, &p->base);
	struct prefix shown = prefix_of(&base, p->length);

	prefix_text(&shown, out);
}

const char *report_version(const struct report_options *o)
{
	return o->version ? o->version : NOROSHI_VERSION;
}
