/* SPDX-License-Identifier: Apache-2.0 */
#include "query.h"

#include "command.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 80, WIDTH_MIN = 40, WIDTH_MAX = 400, TAIL_BYTES_MAX = 16384 };

#define AT(field) offsetof(struct query_settings, field)

static const struct option rows[] = {
        {"url", "URL", "The hub to ask, such as https://hub.example.org:7443; else $NOROSHI_URL.",
         OPTION_TEXT, AT(url), 0, 0},
        {"token-file", "FILE",
         "A file whose first line is the access token; else $NOROSHI_TOKEN_FILE.", OPTION_TEXT,
         AT(token_file), 0, 0},
        {"authority", "FILE", "A PEM file with who signs the hub's certificate (authority.pem).",
         OPTION_TEXT, AT(authority), 0, 0},
        {"config", "FILE",
         "Ask the store of the hub with this configuration file and not the hub: for who may read "
         "its state directory. Sees everything.",
         OPTION_TEXT, AT(config), 0, 0},
        {"format", "NAME", "table, spark, csv or json.", OPTION_TEXT, AT(format), 0, 0},
        {"ascii", NULL, "No characters beyond ASCII.", OPTION_FLAG, AT(ascii), 0, 0},
        {"help", NULL, "Print this.", OPTION_FLAG, AT(help), 0, 0},
};

const struct option_table query_options = {
        .command = "query",
        .synopsis = "[OPTION]... QUESTION",
        .about = "Asks a hub, as in: noroshi query 'top 20 port by packets last 30d against 30d'. "
                 "The language is in noroshi-query(1).",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};

static void complain(const struct trouble *t)
{
	char text[1024];

	trouble_print(t, text, sizeof(text));
	fprintf(stderr, "noroshi: %s\n", text);
}

/* The words of the command line as one text: quotes around the question may be left out. */
static char *join(const struct text_list *words)
{
	size_t size = 1, used = 0;
	char *text;

	for (size_t i = 0; i < words->count; i++)
		size += strlen(words->items[i]) + 1;
	text = malloc(size);
	for (size_t i = 0; i < words->count && text; i++)
		used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " " : "",
		                         words->items[i]);
	return text;
}

/* The question, and a mark below the place where it was not understood. */
static void point(const char *text, const struct query_error *error)
{
	fprintf(stderr, "noroshi: the question was not understood: %s\n", error->text);
	if (strlen(text) < WIDTH_DEFAULT && !strpbrk(text, "\t\r\n\033"))
		fprintf(stderr, "  %s\n  %*s^\n", text, (int)error->column - 1, "");
}

static struct answer_style find_style(const struct query_settings *s)
{
	const char *locale = setlocale(LC_CTYPE, "");
	struct answer_style style = {.width = WIDTH_DEFAULT, .ascii = s->ascii};
	struct winsize size;

	if (!locale || strcmp(locale, "C") == 0 || strcmp(locale, "POSIX") == 0)
		style.ascii = true;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= WIDTH_MIN)
		style.width = size.ws_col < WIDTH_MAX ? size.ws_col : WIDTH_MAX;
	return style;
}

/* CSV has no place for what stands below an answer: it goes to standard error. */
struct tail_note {
	struct answer_sink inner;
};

/* That nobody reads it is no failure of the answer. */
static void print_tail(const struct answer_tail *tail)
{
	struct outfile *text = outfile_open_scratch("/tmp", TAIL_BYTES_MAX);
	struct outfile_scratch scratch;

	if (!text)
		return;
	answer_tail_print(tail, text);
	if (outfile_take(text, &scratch))
		return;
	if (scratch.bytes)
		fwrite(scratch.bytes, 1, scratch.size, stderr);
	free(scratch.bytes);
	if (scratch.fd >= 0)
		close(scratch.fd);
}

static enum status note_end(void *state, const struct answer_tail *tail)
{
	const struct tail_note *n = state;
	enum status st = n->inner.end(n->inner.state, tail);

	if (!st)
		print_tail(tail);
	return st;
}

static enum status note_begin(void *state, const struct answer_head *head)
{
	const struct tail_note *n = state;

	return n->inner.begin(n->inner.state, head);
}

static enum status note_table(void *state, const struct answer_table *table)
{
	const struct tail_note *n = state;

	return n->inner.table(n->inner.state, table);
}

static enum status note_row(void *state, const struct answer_cell *cells)
{
	const struct tail_note *n = state;

	return n->inner.row(n->inner.state, cells);
}

static enum status answer(const struct query_settings *s, struct query_work *w, struct trouble *t)
{
	struct answer_out *out = NULL;
	struct tail_note note;
	enum status st = outfile_open(&w->file, "-", t);

	if (st)
		return st;
	st = answer_out_new(&out, w->form, find_style(s), w->file, &note.inner);
	w->sink = note.inner;
	if (w->form == FORM_CSV)
		w->sink = (struct answer_sink){&note, note_begin, note_table, note_row, note_end};
	if (!st)
		st = s->config ? query_direct(w, t) : query_fetch(w, t);
	answer_out_free(out);
	if (st && outfile_status(w->file))
		trouble_set(t, st, "standard output", 0, "cannot write: %s", status_text(st));
	if (!st)
		return outfile_commit(w->file, t);
	outfile_abandon(w->file);
	return st;
}

static int ask(const struct query_settings *s, const char *text)
{
	struct query query;
	struct query_error error;
	struct query_work work = {.settings = s, .query = &query};
	char canonical[QUERY_TEXT_MAX];
	struct trouble t = {0};
	enum status st;

	if (answer_form_parse(s->format, &work.form)) {
		fprintf(stderr, "noroshi: --format: '%s' is none of table, json, csv, spark\n",
		        s->format);
		return EXIT_USAGE;
	}
	if (query_parse(text, &query, &error)) {
		point(text, &error);
		return EXIT_USAGE;
	}
	st = query_print(&query, canonical, sizeof(canonical));
	work.text = canonical;
	if (!st)
		st = answer(s, &work, &t);
	if (!st)
		return 0;
	complain(&t);
	return st == STATUS_USAGE ? EXIT_USAGE : EXIT_NOTHING;
}

static int run(int argc, char **argv)
{
	struct query_settings settings = {.url = getenv("NOROSHI_URL"),
	                                  .token_file = getenv("NOROSHI_TOKEN_FILE"),
	                                  .format = "table"};
	struct text_list words = {0};
	struct trouble t = {0};
	char *text = NULL;
	int result = EXIT_USAGE;

	if (options_parse(&query_options, argc, argv, &settings, &words, &t)) {
		complain(&t);
	} else if (settings.help) {
		options_help(&query_options, stdout);
		result = 0;
	} else if (words.count == 0) {
		fputs("noroshi: query needs a question; see --help\n", stderr);
	} else if (!settings.config && !settings.url) {
		fputs("noroshi: query needs --url or --config\n", stderr);
	} else {
		text = join(&words);
		result = text ? ask(&settings, text) : EXIT_NOTHING;
	}
	free(text);
	text_list_clear(&words);
	return result;
}

const struct command command_query = {"query", "ask a hub what its sensors saw", run};
