/* SPDX-License-Identifier: Apache-2.0 */
/* Where `noroshi query` has its answers from: a hub over HTTP, or the store itself. */
#ifndef NOROSHI_QUERY_H
#define NOROSHI_QUERY_H

#include "report/answer_out.h"

struct query_settings {
	const char *url, *token_file, *authority, *config, *format;
	bool ascii, help;
};

/* One question, and what becomes of the answer. */
struct query_work {
	const struct query_settings *settings;
	const struct query *query;
	const char *text; /* canonical */
	enum answer_form form;
	struct outfile *file;
	struct answer_sink sink; /* of the form, onto the file */
};

/* Ask the hub. JSON goes to the file as it comes, and so do rows as CSV. */
MUST_USE enum status query_fetch(const struct query_work *w, struct trouble *t);

/* Ask the store of the hub whose configuration file is given, as an administrator. */
MUST_USE enum status query_direct(const struct query_work *w, struct trouble *t);

#endif
