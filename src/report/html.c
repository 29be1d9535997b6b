/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"

#include "base/timefmt.h"
#include "report/figures.h"
#include "report/limits.h"
#include "report/page.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { PREFIXES_SHOWN = 20 };

/* "sha256-<base64>" of the style, for the policy. */
static enum status style_hash(char out[64])
{
	unsigned char digest[EVP_MAX_MD_SIZE], text[EVP_MAX_MD_SIZE * 2];
	EVP_MD_CTX *hash = EVP_MD_CTX_new();
	unsigned length = 0;
	bool fine = hash && EVP_DigestInit_ex(hash, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; fine && page_style[i]; i++)
		fine = EVP_DigestUpdate(hash, page_style[i], strlen(page_style[i])) == 1;
	fine = fine && EVP_DigestFinal_ex(hash, digest, &length) == 1;
	EVP_MD_CTX_free(hash);
	if (!fine)
		return STATUS_NO_MEMORY;
	EVP_EncodeBlock(text, digest, (int)length);
	snprintf(out, 64, "sha256-%.48s", (const char *)text);
	return STATUS_OK;
}

static enum status page_head(const struct page *p)
{
	char hash[64];
	enum status st = style_hash(hash);

	if (st)
		return st;
	page_raw(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
	outfile_printf(p->out,
	               "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
	               "style-src '%s'; base-uri 'none'; form-action 'none'\">\n",
	               hash);
	page_raw(p, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	            "<meta name=\"color-scheme\" content=\"light dark\">\n"
	            "<meta name=\"referrer\" content=\"no-referrer\">\n"
	            "<title>noroshi: what came to addresses that nobody uses</title>\n<style>");
	for (size_t i = 0; page_style[i]; i++)
		page_raw(p, page_style[i]);
	page_raw(p, "</style>\n</head>\n<body>\n");
	return STATUS_OK;
}

static void tile(const struct page *p, const char *figure, const char *label)
{
	outfile_printf(p->out, "<li><b>%s</b><span>%s</span></li>\n", figure, label);
}

static void tiles(const struct page *p)
{
	const struct analysis *a = p->a;
	double span = span_seconds(a), packets = (double)analysed_packets(a);
	char text[NUMBER_TEXT_MAX], time[TIME_TEXT_MAX];

	page_raw(p, "<ul class=\"tiles\">\n");
	short_text((double)a->packets, text);
	tile(p, text, "packets read");
	short_text((double)a->sources_total, text);
	tile(p, text, "sources");
	addresses_text(a->addresses, text, sizeof(text));
	tile(p, text, "monitored addresses");
	duration_text(span, time);
	tile(p, time, "from first to last");
	if (span > 0) {
		short_text(packets / span, text);
		tile(p, text, "packets a second");
	}
	if (span > 0 && a->addresses > 0) {
		short_text(packets / span * 86400 / a->addresses, text);
		tile(p, text, "packets a day to each address");
	}
	count_text(standing_attacks(a), text);
	tile(p, text, "attacks seen elsewhere");
	page_raw(p, "</ul>\n");
}

static void say_telescope(const struct page *p)
{
	const struct prefix_set *set = &p->a->telescope;
	char prefix[PREFIX_TEXT_MAX];

	page_raw(p, "<dt>Telescope</dt><dd>");
	for (size_t i = 0; i < set->count && i < PREFIXES_SHOWN; i++) {
		prefix_out(p->options, &set->items[i], prefix);
		outfile_printf(p->out, "%s%s", i ? ", " : "", prefix);
	}
	if (set->count > PREFIXES_SHOWN)
		outfile_printf(p->out, " and %zu more", set->count - PREFIXES_SHOWN);
	page_raw(p, p->a->inferred ? " (guessed from the traffic)</dd>\n" : "</dd>\n");
}

static void say_day(const struct page *p, const char *label, uint64_t time_ns)
{
	char text[TIME_TEXT_MAX];

	if (!time_ns)
		return;
	time_text(time_ns, 0, text);
	outfile_printf(p->out, "<dt>%s</dt><dd>as of %.10s</dd>\n", label, text);
}

static void facts(const struct page *p)
{
	const struct analysis *a = p->a;
	char first[TIME_TEXT_MAX], last[TIME_TEXT_MAX], bytes[NUMBER_TEXT_MAX];

	page_raw(p, "<dl>\n<dt>Read</dt><dd>");
	if (a->file_count == 1)
		page_text(p, a->files[0].path);
	else
		outfile_printf(p->out, "%zu inputs", a->file_count);
	bytes_text(a->bytes, bytes);
	outfile_printf(p->out, ", %s%s</dd>\n", bytes, a->partial ? ", stopped by a signal" : "");
	if (has_times(a)) {
		time_text(a->first_ns, 0, first);
		time_text(a->last_ns, 0, last);
		outfile_printf(p->out, "<dt>Time</dt><dd>%s to %s</dd>\n", first, last);
	}
	say_telescope(p);
	say_day(p, "Country names", a->geo_built_ns);
	say_day(p, "Network names", a->asn_built_ns);
	page_raw(p, "</dl>\n");
}

static void take_item(void *state, const char *sentence)
{
	const struct page *p = state;

	page_raw(p, "<li>");
	page_text(p, sentence);
	page_raw(p, "</li>\n");
}

static void note_any(void *state, const char *sentence)
{
	(void)sentence;
	*(bool *)state = true;
}

static void closing(struct page *p)
{
	bool caveats = false;

	page_section_open(p, "limits", "What this telescope cannot see", NULL);
	page_raw(p, "<ul>\n");
	limits_tell(p->a, take_item, p);
	page_raw(p, "</ul>\n");
	page_section_close(p);
	caveats_tell(p->a, note_any, &caveats);
	if (caveats) {
		page_section_open(p, "mind", "Mind", NULL);
		page_raw(p, "<ul class=\"mind\">\n");
		caveats_tell(p->a, take_item, p);
		page_raw(p, "</ul>\n");
		page_section_close(p);
	}
}

enum status report_html(const struct analysis *a, const struct report_options *options,
                        struct outfile *out)
{
	struct page p = {.out = out, .a = a, .options = options};
	enum status st = page_head(&p);

	if (st)
		return st;
	page_raw(&p, "<header><h1>What came to addresses that nobody uses</h1>\n");
	tiles(&p);
	facts(&p);
	page_raw(&p, "</header>\n<main>\n");
	page_series(&p);
	page_ports(&p);
	page_new(&p);
	page_heat(&p);
	page_raw(&p, "<div class=\"two\">\n");
	page_kinds(&p);
	page_tools(&p);
	page_raw(&p, "</div>\n");
	page_sources(&p);
	page_attacks(&p);
	closing(&p);
	page_raw(&p, "</main>\n<footer><p>Written by noroshi ");
	page_text(&p, report_version(options));
	page_raw(&p, ". The page loads nothing and runs nothing.</p></footer>\n</body>\n</html>\n");
	return outfile_status(out);
}
