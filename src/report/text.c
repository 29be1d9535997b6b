/* SPDX-License-Identifier: Apache-2.0 */
#include "report/text.h"

enum status report_text(const struct analysis *a, const struct report_options *options,
                        struct outfile *out)
{
	(void)a;
	(void)options;
	return outfile_status(out);
}
