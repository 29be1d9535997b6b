/* SPDX-License-Identifier: Apache-2.0 */
#include "enrich/geo.h"

#include "mmdb_build.h"
#include "tap.h"

#include <stdlib.h>
#include <unistd.h>

static char path[] = "/tmp/noroshi-geo-XXXXXX";

static void save(const uint8_t *bytes, size_t n)
{
	FILE *file = fopen(path, "wb");

	if (!file || fwrite(bytes, 1, n, file) != n || fclose(file) != 0)
		abort();
}

static void check_country(const struct geo *g, const char *address, const char *want)
{
	char country[GEO_COUNTRY_MAX] = "xx";
	struct addr a;

	CHECK(addr_parse(address, &a) == STATUS_OK);
	CHECK(geo_country(g, &a, country) == (want[0] != '\0'));
	CHECK_STR(country, want);
}

static void check_network(const struct geo *g, const char *address, uint32_t want,
                          const char *want_name)
{
	char name[GEO_NAME_MAX] = "xx";
	uint32_t asn = 1;
	struct addr a;

	CHECK(addr_parse(address, &a) == STATUS_OK);
	CHECK(geo_network(g, &a, &asn, name) == (want != 0));
	CHECK_U64(asn, want);
	CHECK_STR(name, want_name);
}

/* One prefix for each layout, and some that a careless or hostile maker could write. */
static size_t build(uint8_t *out, size_t room)
{
	static const uint8_t v6[16] = {0x20, 0x01, 0x0d, 0xb8};
	static struct mmdb m;
	char lengthy[101];

	memset(&m, 0, sizeof(m));
	mmdb_v4(&m, 192, 0, 2, 0, 24);
	mmdb_map(&m, 2);
	mmdb_text(&m, "country");
	mmdb_map(&m, 1);
	mmdb_pair(&m, "iso_code", "JP");
	mmdb_text(&m, "registered_country");
	mmdb_map(&m, 1);
	mmdb_pair(&m, "iso_code", "US");
	mmdb_v4(&m, 192, 0, 3, 0, 24);
	mmdb_map(&m, 1);
	mmdb_text(&m, "registered_country");
	mmdb_map(&m, 1);
	mmdb_pair(&m, "iso_code", "de");
	mmdb_prefix(&m, v6, 32);
	mmdb_map(&m, 1);
	mmdb_pair(&m, "country_code", "FR");
	mmdb_v4(&m, 192, 0, 4, 0, 24);
	mmdb_map(&m, 1);
	mmdb_pair(&m, "country", "BR");
	mmdb_v4(&m, 192, 0, 5, 0, 24);
	mmdb_map(&m, 1);
	mmdb_pair(&m, "country", "<b>"); /* no country */
	mmdb_v4(&m, 192, 0, 6, 0, 24);
	mmdb_map(&m, 2);
	mmdb_text(&m, "autonomous_system_number");
	mmdb_number(&m, 6, 64500, 4);
	memset(lengthy, 'a', 100);
	lengthy[100] = '\0';
	memcpy(lengthy + 62, "\xe6\x97\xa5", 3); /* would be cut in the middle */
	mmdb_pair(&m, "autonomous_system_organization", lengthy);
	mmdb_v4(&m, 192, 0, 7, 0, 24);
	mmdb_map(&m, 2);
	mmdb_pair(&m, "asn", "AS64501");
	mmdb_pair(&m, "as_name", "bad\xff");
	mmdb_v4(&m, 192, 0, 8, 0, 24);
	mmdb_map(&m, 1);
	mmdb_pair(&m, "asn", "AS99999999999");
	return mmdb_finish(&m, 1700000000, out, room);
}

static void check_answers(const struct geo *g)
{
	char name[GEO_NAME_MAX];

	CHECK_U64(geo_built_ns(g), 1700000000000000000u);
	check_country(g, "192.0.2.9", "JP");
	check_country(g, "192.0.3.9", "DE");
	check_country(g, "2001:db8::9", "FR");
	check_country(g, "192.0.4.9", "BR");
	check_country(g, "192.0.5.9", "");
	check_country(g, "192.0.6.9", "");
	check_country(g, "203.0.113.1", "");
	memset(name, 'a', sizeof(name));
	name[62] = '\0';
	check_network(g, "192.0.6.1", 64500, name);
	check_network(g, "192.0.7.1", 64501, "bad?");
	check_network(g, "192.0.8.1", 0, "");
	check_network(g, "192.0.2.1", 0, "");
	check_network(g, "2001:db9::", 0, "");
}

static void ask_everything(const struct geo *g)
{
	char country[GEO_COUNTRY_MAX], name[GEO_NAME_MAX];
	uint32_t asn;

	(void)geo_built_ns(g);
	for (unsigned i = 0; i < 12; i++) {
		struct addr a = addr_v4(0xc0000001 + (i << 8));

		(void)geo_country(g, &a, country);
		(void)geo_network(g, &a, &asn, name);
	}
}

/* Whatever byte is wrong, the answer is one or none. */
static void check_damage(uint8_t *bytes, size_t n)
{
	unsigned refused = 0;
	struct geo *g;

	for (size_t i = 0; i < n; i++) {
		uint8_t kept = bytes[i];

		bytes[i] = (uint8_t)(kept ^ (i % 2 ? 0xff : 0x21));
		save(bytes, n);
		bytes[i] = kept;
		if (geo_open(&g, path, NULL) == STATUS_OK) {
			ask_everything(g);
			geo_free(g);
		} else {
			refused++;
		}
	}
	CHECK(refused > 0 && refused < n);
	for (size_t cut = 1; cut < n; cut += 7) {
		save(bytes + cut, n - cut);
		if (geo_open(&g, path, NULL) == STATUS_OK) {
			ask_everything(g);
			geo_free(g);
		}
	}
}

int main(void)
{
	static uint8_t bytes[32768];
	size_t n = build(bytes, sizeof(bytes));
	int fd = mkstemp(path);
	struct trouble t;
	struct geo *g;

	if (fd < 0)
		return 1;
	close(fd);
	save(bytes, n);
	if (CHECK(geo_open(&g, path, &t) == STATUS_OK)) {
		check_answers(g);
		geo_free(g);
	}
	check_damage(bytes, n);
	save((const uint8_t *)"nothing of the kind", 19);
	CHECK(geo_open(&g, path, &t) == STATUS_FORMAT);
	CHECK(t.text[0] && strcmp(t.file, path) == 0);
	unlink(path);
	CHECK(geo_open(&g, path, &t) == STATUS_NOT_FOUND);
	geo_free(NULL);
	return tap_done();
}
