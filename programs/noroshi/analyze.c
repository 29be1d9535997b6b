/* SPDX-License-Identifier: Apache-2.0 */
#include "command.h"

#include <stdio.h>

static int run(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	fputs("not yet\n", stderr);
	return EXIT_NOTHING;
}

const struct command command_analyze = {"analyze", "", run};
