/* SPDX-License-Identifier: Apache-2.0 */
#include "detect_options.h"

#include "aggregate/pipeline.h"
#include "command.h"

#define AT(field) offsetof(struct detect_options_set, field)

static const struct option rows[] = {
        {"net", "PREFIX",
         "A monitored prefix; may be given several times. What leaves it is no scan, and its size "
         "says what the telescope can see. For captures.",
         OPTION_LIST, AT(nets), 0, 0},
        {"only", "DETECTOR",
         "Run this detector, and references that no one else asks for; may be given several times. "
         "All but references unless given.",
         OPTION_LIST, AT(only), 0, 0},
        {"geo", "FILE",
         "A MaxMind-format file that names the country of an address. Without it no series by "
         "country are kept.",
         OPTION_TEXT, AT(geo), 0, 0},
        {"json", NULL, "Print one JSON document.", OPTION_FLAG, AT(json), 0, 0},
        {"changes", NULL,
         "Print each change of an event when it happens, as a line of JSON, instead of the events "
         "as they stand at the end.",
         OPTION_FLAG, AT(changes), 0, 0},
        {"evaluate", NULL,
         "Hold the events against the truth and print the tables: what was found, how early, how "
         "many false alarms a day.",
         OPTION_FLAG, AT(evaluate), 0, 0},
        {"truth", "FILE", "The truth about the capture, as noroshi synth writes it.", OPTION_TEXT,
         AT(truth), 0, 0},
        {"checkpoint", "FILE",
         "Go on from this file where it is there, and leave in it what closed bins left. Rows of "
         "bins that were still open are wanted again.",
         OPTION_TEXT, AT(checkpoint), 0, 0},
        {"grace", "TIME",
         "How long a bin waits for late windows before it is judged; 2m unless given, 10m at most.",
         OPTION_DURATION, AT(grace_ns), 0, UINT64_C(600000000000)},
        {"quiet", "TIME",
         "How long nobody may have come to a port, from a country or network, for those who come "
         "to be new; 28d unless given.",
         OPTION_DURATION, AT(quiet_ns), UINT64_C(3600000000000), UINT64_C(31536000000000000)},
        {"newcomers", "N", "How many sources at least are new; 10 unless given.", OPTION_COUNT,
         AT(newcomers), 1, 1000000},
        {"memory", "SIZE", "Bytes for each detector's tables; 32M unless given.", OPTION_SIZE,
         AT(memory), DETECT_MEMORY_MIN, UINT64_C(1) << 40},
        {"threads", "N", "Threads that read captures, 1 to 16; 1 unless given.", OPTION_COUNT,
         AT(threads), 1, INPUT_WORKERS_MAX},
        {"help", NULL, "Print this.", OPTION_FLAG, AT(help), 0, 0},
};

const struct option_table detect_options = {
        .command = "detect",
        .synopsis = "[OPTION]... FILE...",
        .about = "Looks for change, worms, newcomers and groups that move together in captures or "
                 "batch files, as a hub does while they come in.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};
