/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tool that one row looks like, for series by tool.
 *
 * A row has little evidence: one packet that fits a 16-bit rule by luck is called by its name
 * once in 65,536 foreign packets, which a chart bears. The verdict on a source
 * (detect/tool.h) asks for more. Pure, any thread.
 */
#ifndef INTAKE_LABEL_H
#define INTAKE_LABEL_H

#include "model/flow.h"
#include "model/kind.h"

enum tool label_tool(const struct flow *row);

#endif
