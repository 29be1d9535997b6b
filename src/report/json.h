/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The JSON of `noroshi analyze`: one document, streamed value by value, so that 300,000
 * sources need no memory. Its names are an interface; docs/schema/analysis.schema.json
 * says what stands where. Changes of meaning raise REPORT_JSON_FORMAT.
 */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "report/report.h"

enum { REPORT_JSON_FORMAT = 1 };

MUST_USE enum status report_json(const struct analysis *a, const struct report_options *options,
                                 struct outfile *out);

#endif
