/* SPDX-License-Identifier: Apache-2.0 */
#include "report/report.h"

#include "report/html.h"
#include "report/json.h"
#include "report/text.h"

#include <string.h>

const struct report_form report_forms[] = {
        {"text", "for a terminal, to read in the morning", report_text},
        {"json", "one JSON document; docs/schema/analysis.schema.json", report_json},
        {"html", "one page with charts that needs nothing else", report_html},
};
const unsigned report_form_count = sizeof(report_forms) / sizeof(report_forms[0]);

const struct report_form *report_form_find(const char *name)
{
	for (unsigned i = 0; i < report_form_count; i++) {
		if (strcmp(report_forms[i].name, name) == 0)
			return &report_forms[i];
	}
	return NULL;
}
