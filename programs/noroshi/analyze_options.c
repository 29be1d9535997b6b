/* SPDX-License-Identifier: Apache-2.0 */
#include "analyze_options.h"

#include "aggregate/pipeline.h"

#define AT(field) offsetof(struct analyze_settings, field)

static const struct option rows[] = {
        {"net", "PREFIX",
         "A monitored prefix, such as 198.18.0.0/16; may be given several times. What leaves these "
         "prefixes is told apart and never called a scan. Without it the monitored space is "
         "inferred "
         "from where packets went.",
         OPTION_LIST, AT(nets), 0, 0},
        {"interface", "IF",
         "Capture from this interface instead of reading files; needs the right to do so. Nothing "
         "is ever "
         "sent. Ctrl-C ends the capture and prints the report.",
         OPTION_TEXT, AT(interface), 0, 0},
        {"filter", "EXPR",
         "Capture only what this pcap-filter(7) expression lets through; with --interface.",
         OPTION_TEXT, AT(filter), 0, 0},
        {"seconds", "TIME", "End a live capture after this long, such as 90s, 15m or 24h.",
         OPTION_DURATION, AT(seconds), 1, UINT64_MAX},
        {"json", NULL, "Print one JSON document instead of the report.", OPTION_FLAG, AT(json), 0,
         0},
        {"html", "FILE", "Also write the report as one self-contained page with charts.",
         OPTION_TEXT, AT(html), 0, 0},
        {"flows", "FILE",
         "Also write the flow rows, in a form chosen by the file's ending: .csv, .jsonl, .batch "
         "(the "
         "compressed form that sensors send) or .parquet, the first two also with .zst. A dash "
         "writes CSV to "
         "standard output instead of the report.",
         OPTION_TEXT, AT(flows), 0, 0},
        {"anonymize", "KEYFILE",
         "Change every address that goes out by Crypto-PAn, which keeps common prefixes common. "
         "The key file "
         "holds 32 bytes or 64 hexadecimal digits.",
         OPTION_TEXT, AT(anonymize), 0, 0},
        {"geo", "FILE", "A MaxMind-format file that names the country of an address.", OPTION_TEXT,
         AT(geo), 0, 0},
        {"asn", "FILE", "A MaxMind-format file that names the network (AS) of an address.",
         OPTION_TEXT, AT(asn), 0, 0},
        {"known", "FILE",
         "A list of research scanners: plain text, CSV, or a MISP warninglist in JSON; may be "
         "given several "
         "times.",
         OPTION_LIST, AT(known), 0, 0},
        {"top", "N|all", "How many sources to report; 100 unless given.", OPTION_COUNT_OR_ALL,
         AT(top), 0, 100000000},
        {"threads", "N",
         "Worker threads, 1 to 16; as many as there are processors, at most 4, unless given. "
         "The result does not depend on it.",
         OPTION_COUNT, AT(threads), 1, INPUT_WORKERS_MAX},
        {"memory", "SIZE",
         "Bytes to stay within, such as 256M; 1G unless given, 32M at least. Past it the smallest "
         "sources are "
         "folded into counted remainders, and the report says so.",
         OPTION_SIZE, AT(memory), PIPELINE_MEMORY_MIN, UINT64_C(1) << 50},
        {"rsdos-compat", NULL,
         "Report denial of service by the published rule alone: at least 25 packets, 60 seconds, "
         "and 30 "
         "packets within a minute.",
         OPTION_FLAG, AT(rsdos), 0, 0},
        {"quiet", NULL, "No progress and no warnings on standard error.", OPTION_FLAG, AT(quiet), 0,
         0},
        {"help", NULL, "Print this text.", OPTION_FLAG, AT(help), 0, 0},
};

const struct option_table analyze_options = {
        .command = "analyze",
        .synopsis = "[--net PREFIX]... [OPTION]... [FILE...|-|--interface IF]",
        .about = "Reads captures from unused addresses and tells who scanned them, with what tool, "
                 "for what, "
                 "and who is being attacked elsewhere.",
        .rows = rows,
        .count = sizeof(rows) / sizeof(rows[0]),
};
