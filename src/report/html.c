/* SPDX-License-Identifier: Apache-2.0 */
#include "report/html.h"

enum status report_html(const struct analysis *a, const struct report_options *options,
                        struct outfile *out)
{
	(void)a;
	(void)options;
	return outfile_status(out);
}
