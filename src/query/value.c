/* SPDX-License-Identifier: Apache-2.0 */
#include "query/value.h"

#include "model/kind.h"
#include "model/role.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const struct {
	const char *name;
	uint8_t number;
} protos[] = {{"tcp", 6},  {"udp", 17}, {"icmp", 1},   {"icmp6", 58}, {"igmp", 2},
              {"gre", 47}, {"esp", 50}, {"sctp", 132}, {"ipip", 4}};

enum { PROTOS = sizeof(protos) / sizeof(protos[0]) };

enum status value_number(const char *text, uint64_t low, uint64_t high, uint64_t *out)
{
	uint64_t n = 0;

	if (!*text)
		return STATUS_FORMAT;
	for (; *text; text++) {
		if (*text < '0' || *text > '9' || n > (UINT64_MAX - 9) / 10)
			return STATUS_FORMAT;
		n = n * 10 + (uint64_t)(*text - '0');
	}
	*out = n;
	return n < low || n > high ? STATUS_FORMAT : STATUS_OK;
}

static enum status parse_proto(const char *text, uint32_t *out)
{
	uint64_t n;

	for (size_t i = 0; i < PROTOS; i++) {
		if (strcasecmp(text, protos[i].name) == 0) {
			*out = protos[i].number;
			return STATUS_OK;
		}
	}
	if (value_number(text, 0, 255, &n))
		return STATUS_FORMAT;
	*out = (uint32_t)n;
	return STATUS_OK;
}

/* "8" is all codes of a type, "3.1" one of them. */
static enum status parse_icmp(char *text, struct query_value *out)
{
	char *dot = strchr(text, '.');
	uint64_t type, code = 0;

	if (dot)
		*dot = '\0';
	if (value_number(text, 0, 255, &type) || (dot && value_number(dot + 1, 0, 255, &code)))
		return STATUS_FORMAT;
	out->port.low = (uint16_t)(type << 8 | code);
	out->port.high = (uint16_t)(dot ? out->port.low : type << 8 | 255);
	return STATUS_OK;
}

static enum status parse_range(char *text, struct query_value *out)
{
	char *dash = strchr(text, '-');
	uint64_t low, high;

	if (dash)
		*dash = '\0';
	if (value_number(text, 0, 65535, &low))
		return STATUS_FORMAT;
	high = low;
	if (dash && value_number(dash + 1, low, 65535, &high))
		return STATUS_FORMAT;
	out->port.low = (uint16_t)low;
	out->port.high = (uint16_t)high;
	return STATUS_OK;
}

static enum status parse_port(const char *text, struct query_value *out)
{
	char copy[VALUE_TEXT_MAX], *slash;
	uint32_t proto = PORT_OF_ANY;

	if (strlen(text) >= sizeof(copy))
		return STATUS_FORMAT;
	snprintf(copy, sizeof(copy), "%s", text);
	slash = strchr(copy, '/');
	if (slash) {
		*slash = '\0';
		if (isdigit((unsigned char)slash[1]) || parse_proto(slash + 1, &proto))
			return STATUS_FORMAT;
	}
	out->port.proto = (uint8_t)proto;
	if (proto == PORT_OF_ICMP || proto == PORT_OF_ICMP6)
		return parse_icmp(copy, out);
	if (proto != PORT_OF_ANY && proto != PORT_OF_TCP && proto != PORT_OF_UDP)
		return STATUS_FORMAT;
	return parse_range(copy, out);
}

static enum status parse_kind(const char *text, uint32_t *out)
{
	for (*out = 0; *out < KIND_COUNT; ++*out) {
		if (strcasecmp(text, packet_kind_name((enum packet_kind) * out)) == 0)
			return STATUS_OK;
	}
	return STATUS_FORMAT;
}

static enum status parse_tool(const char *text, uint32_t *out)
{
	char name[VALUE_TEXT_MAX];

	for (*out = 0; *out < TOOL_COUNT; ++*out) {
		value_tool_text(*out, name);
		if (strcasecmp(text, name) == 0 ||
		    strcasecmp(text, tool_name((enum tool) * out)) == 0)
			return STATUS_OK;
	}
	return STATUS_FORMAT;
}

static enum status parse_country(const char *text, uint32_t *out)
{
	*out = 0;
	if (strcasecmp(text, "unknown") == 0)
		return STATUS_OK;
	if (strlen(text) != 2)
		return STATUS_FORMAT;
	for (int i = 0; i < 2; i++) {
		int c = toupper((unsigned char)text[i]);

		if (c < 'A' || c > 'Z')
			return STATUS_FORMAT;
		*out = *out << 8 | (uint32_t)c;
	}
	return STATUS_OK;
}

static enum status parse_network(const char *text, uint32_t *out)
{
	uint64_t n = 0;
	enum status st = STATUS_OK;

	if (strcasecmp(text, "unknown") != 0)
		st = value_number(strncasecmp(text, "as", 2) == 0 ? text + 2 : text, 0, UINT32_MAX,
		                  &n);
	*out = (uint32_t)n;
	return st;
}

/* Sensors and members: what is no possible name is refused, whether it exists is not asked. */
static enum status parse_name(const char *text, char out[QUERY_NAME_MAX])
{
	uint64_t n;

	if (*text == '#') {
		if (value_number(text + 1, 1, UINT32_MAX, &n))
			return STATUS_FORMAT;
		snprintf(out, QUERY_NAME_MAX, "#%u", (unsigned)n);
		return STATUS_OK;
	}
	if (!slug_valid(text))
		return STATUS_FORMAT;
	snprintf(out, QUERY_NAME_MAX, "%s", text);
	return STATUS_OK;
}

enum status value_parse(enum query_dimension d, const char *text, struct query_value *out)
{
	memset(out, 0, sizeof(*out));
	switch (d) {
	case DIMENSION_PORT:
		return parse_port(text, out);
	case DIMENSION_PROTO:
		return parse_proto(text, &out->number);
	case DIMENSION_KIND:
		return parse_kind(text, &out->number);
	case DIMENSION_TOOL:
		return parse_tool(text, &out->number);
	case DIMENSION_COUNTRY:
		return parse_country(text, &out->number);
	case DIMENSION_NETWORK:
		return parse_network(text, &out->number);
	case DIMENSION_SOURCE:
		return prefix_parse(text, &out->source);
	case DIMENSION_SENSOR:
	case DIMENSION_MEMBER:
		return parse_name(text, out->name);
	case DIMENSION_COUNT_OF:
		break;
	}
	return STATUS_FORMAT;
}

const char *value_expected(enum query_dimension d)
{
	switch (d) {
	case DIMENSION_PORT:
		return "a port such as 23/tcp, 53, 1-1023/udp, 8/icmp or 3.1/icmp";
	case DIMENSION_PROTO:
		return "a protocol such as tcp, udp, icmp, or its number";
	case DIMENSION_KIND:
		return "scan, backscatter, stealth, malformed, other or outbound";
	case DIMENSION_TOOL:
		return "a tool such as mirai, zmap, masscan or unknown";
	case DIMENSION_COUNTRY:
		return "a country such as JP, or unknown";
	case DIMENSION_NETWORK:
		return "a network such as AS64500, or unknown";
	case DIMENSION_SOURCE:
		return "an address, or a prefix without host bits";
	case DIMENSION_SENSOR:
		return "a sensor's name, or its number such as #7";
	case DIMENSION_MEMBER:
		return "a member's name, or its number such as #7";
	case DIMENSION_COUNT_OF:
		break;
	}
	return "a value";
}

void value_proto_text(uint8_t proto, char out[VALUE_TEXT_MAX])
{
	for (size_t i = 0; i < PROTOS; i++) {
		if (protos[i].number == proto) {
			snprintf(out, VALUE_TEXT_MAX, "%s", protos[i].name);
			return;
		}
	}
	snprintf(out, VALUE_TEXT_MAX, "%u", proto);
}

void value_port_text(uint8_t proto, uint16_t port, char out[VALUE_TEXT_MAX])
{
	char name[VALUE_TEXT_MAX];

	value_proto_text(proto, name);
	if (proto == PORT_OF_TCP || proto == PORT_OF_UDP)
		snprintf(out, VALUE_TEXT_MAX, "%u/%.8s", port, name);
	else if (proto == PORT_OF_ICMP || proto == PORT_OF_ICMP6)
		snprintf(out, VALUE_TEXT_MAX, "%u.%u/%.8s", port >> 8, port & 255, name);
	else
		snprintf(out, VALUE_TEXT_MAX, "proto %.8s", name);
}

void value_tool_text(unsigned tool, char out[VALUE_TEXT_MAX])
{
	snprintf(out, VALUE_TEXT_MAX, "%s",
	         tool < TOOL_COUNT ? tool_name((enum tool)tool) : "unknown");
	for (char *p = out; *p; p++)
		*p = *p == ' ' ? '-' : *p;
}

void value_country_text(uint32_t country, char out[VALUE_TEXT_MAX])
{
	char high = (char)(country >> 8), low = (char)country;

	if (high >= 'A' && high <= 'Z' && low >= 'A' && low <= 'Z')
		snprintf(out, VALUE_TEXT_MAX, "%c%c", high, low);
	else
		snprintf(out, VALUE_TEXT_MAX, "unknown");
}

void value_network_text(uint32_t number, char out[VALUE_TEXT_MAX])
{
	if (number)
		snprintf(out, VALUE_TEXT_MAX, "AS%u", number);
	else
		snprintf(out, VALUE_TEXT_MAX, "unknown");
}

static void print_port(const struct query_value *v, char out[VALUE_TEXT_MAX])
{
	unsigned low = v->port.low, high = v->port.high;
	char proto[VALUE_TEXT_MAX];

	value_proto_text(v->port.proto, proto);
	if (v->port.proto == PORT_OF_ICMP || v->port.proto == PORT_OF_ICMP6) {
		if (low == high)
			snprintf(out, VALUE_TEXT_MAX, "%u.%u/%.8s", low >> 8, low & 255, proto);
		else
			snprintf(out, VALUE_TEXT_MAX, "%u/%.8s", low >> 8, proto);
		return;
	}
	if (low == high)
		snprintf(out, VALUE_TEXT_MAX, "%u", low);
	else
		snprintf(out, VALUE_TEXT_MAX, "%u-%u", low, high);
	if (v->port.proto != PORT_OF_ANY)
		snprintf(out + strlen(out), VALUE_TEXT_MAX - strlen(out), "/%.8s", proto);
}

void value_print(enum query_dimension d, const struct query_value *v, char out[VALUE_TEXT_MAX])
{
	out[0] = '\0';
	switch (d) {
	case DIMENSION_PORT:
		print_port(v, out);
		break;
	case DIMENSION_PROTO:
		value_proto_text((uint8_t)v->number, out);
		break;
	case DIMENSION_KIND:
		snprintf(out, VALUE_TEXT_MAX, "%s", packet_kind_name((enum packet_kind)v->number));
		break;
	case DIMENSION_TOOL:
		value_tool_text(v->number, out);
		break;
	case DIMENSION_COUNTRY:
		value_country_text(v->number, out);
		break;
	case DIMENSION_NETWORK:
		value_network_text(v->number, out);
		break;
	case DIMENSION_SOURCE:
		if (v->source.length == 128)
			addr_text(&v->source.base, out);
		else
			prefix_text(&v->source, out);
		break;
	case DIMENSION_SENSOR:
	case DIMENSION_MEMBER:
		snprintf(out, VALUE_TEXT_MAX, "%s", v->name);
		break;
	case DIMENSION_COUNT_OF:
		break;
	}
}

bool value_is_range(enum query_dimension d, const struct query_value *v)
{
	if (d == DIMENSION_PORT)
		return v->port.low != v->port.high && v->port.proto != PORT_OF_ICMP &&
		       v->port.proto != PORT_OF_ICMP6;
	return d == DIMENSION_SOURCE && v->source.length != 128;
}
