/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of an answer's JSON document, in the order in which they come. One thread. */
#ifndef REPORT_ANSWER_JSON_H
#define REPORT_ANSWER_JSON_H

#include "base/json_out.h"
#include "store/answer.h"

void answer_json_begin(struct json_out *j, const struct answer_head *h);
void answer_json_table(struct json_out *j, const struct answer_table *t);
void answer_json_row(struct json_out *j, const enum answer_type *types, size_t count,
                     const struct answer_cell *cells);
void answer_json_table_end(struct json_out *j);
void answer_json_end(struct json_out *j, const struct answer_tail *t);

#endif
