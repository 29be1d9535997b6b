/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Forms of an answer (store/answer.h): JSON, CSV, tables and sparklines for a terminal.
 *
 * A form is a sink that writes onto an outfile, which stays the caller's. JSON and CSV write as
 * rows arrive; tables and sparklines keep at most ANSWER_KEPT_MAX rows to align them. The JSON
 * document is the API's (docs/howto/query.md); answer_read_json() plays one back into any
 * other sink. One thread a form.
 */
#ifndef REPORT_ANSWER_OUT_H
#define REPORT_ANSWER_OUT_H

#include "base/outfile.h"
#include "store/answer.h"

enum { ANSWER_KEPT_MAX = 50000 };

enum answer_form { FORM_TABLE, FORM_JSON, FORM_CSV, FORM_SPARK };

struct answer_style {
	int width;  /* columns of the terminal */
	bool ascii; /* no characters beyond ASCII */
};

struct answer_out;

/* A form onto `file`; the sink is valid until answer_out_free(). */
MUST_USE enum status answer_out_new(struct answer_out **out, enum answer_form form,
                                    struct answer_style style, struct outfile *file,
                                    struct answer_sink *sink);
void answer_out_free(struct answer_out *out);

/* What table and sparkline forms write below an answer: how complete it is, gaps, notes. For CSV,
 * which has no place for it. */
void answer_tail_print(const struct answer_tail *tail, struct outfile *file);

/* "table", "json", "csv", "spark"; STATUS_FORMAT for others. */
MUST_USE enum status answer_form_parse(const char *name, enum answer_form *out);

/* "count": a column's type in the JSON document. */
const char *answer_type_name(enum answer_type t);

/* Play the JSON document of an answer into a sink. STATUS_FORMAT where it is none. */
MUST_USE enum status answer_read_json(const char *text, size_t n, const struct answer_sink *sink,
                                      struct trouble *t);

#endif
