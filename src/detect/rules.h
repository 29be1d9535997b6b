/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every threshold of this room, once, with its source. Section numbers are those of
 * the detection page of the design. Constants only.
 */
#ifndef DETECT_RULES_H
#define DETECT_RULES_H

/* Behaviour: Liu and Fukuda 2014, taxonomy of darknet traffic, default counts. */
#define RULE_MANY_DESTINATIONS 5   /* from here on a source scans addresses */
#define RULE_MANY_PORTS        5   /* from here on a source scans ports */
#define RULE_MOST              0.5 /* the share that makes one port or kind the main one */
#define RULE_SMALL_PACKETS     15  /* up to here a source is a small probe */

/* Sequential test (Jung et al. 2004, threshold random walk). In dark space every contact
 * fails: P(failure | scanner) / P(failure | benign) = 0.8 / 0.2 for each new destination. */
#define RULE_TRW_RATIO     4.0
#define RULE_TRW_ALPHA     0.01 /* chance to call a benign source a scanner */
#define RULE_TRW_DETECTION 0.99 /* chance to find a scanner */

/* Internet-wide scanner (Durumeric et al. 2014); their 480 s expiry needs the flows in
 * order and is left to the hub. */
#define RULE_WIDE_DESTINATIONS 100
#define RULE_WIDE_PPS          10.0

/* Aggressive scanner (Anand et al. 2023): share of the dark addresses reached. */
#define RULE_AGGRESSIVE_SHARE 0.1

/* Tool labels, section 2: at 10^9 packets a day a 16-bit rule matches 15,000 by luck. */
#define RULE_TOOL_P          1e-6
#define RULE_TOOL_PACKETS    2
#define RULE_UNICORN_REPEATS 2  /* 3 packets: the first one fixes the constant */
#define RULE_CONFICKER_HOSTS 10 /* distinct targets on TCP 445 */
/* Expected over seen targets: below, nothing was sent again as a TCP stack would (RFC 6298:
 * twice and more); above 1 for the 3.3 % error of a sketched count. */
#define RULE_STATELESS_RATIO 1.5

#define RULE_INFERRED_ENOUGH 256 /* addresses that no single source makes up */

/* Forgery, section 3. Weights are the chance that the sign stands for forgery, our
 * judgement; independent signs combine as 1 - prod(1 - weight). */
#define RULE_SPOOF_BOGON       0.9 /* RFC 6890: no answer could come back */
#define RULE_SPOOF_SELF        0.5 /* crafted: no stack sends it to a wire */
#define RULE_SPOOF_SAME_TTL    0.7 /* one fingerprint and one TTL from many sources */
#define RULE_SPOOF_SHARED      0.3 /* one fingerprint alone: tools do that as well */
#define RULE_SPOOF_RESERVED    0.3 /* no stack sets the reserved bits */
#define RULE_SPOOF_TTL         0.3 /* NAT and route changes vary the TTL as well */
#define RULE_SPOOF_PORT_ZERO   0.2 /* scanners send it on purpose */
#define RULE_SPOOF_ODD_SOURCE  0.1 /* 2 of 256 addresses, and some are hosts */
#define RULE_SPOOF_ONE_PACKET  0.5 /* most that one packet by itself can score */
#define RULE_TTL_SPREAD        16  /* more than routes differ */
#define RULE_SAME_TTL_VARIANCE 4   /* real sources differ by more hops than this */
#define RULE_FEW_PACKETS       3   /* sources that the census counts */
#define RULE_SHARERS           50  /* fewer sources may share by habit */
#define RULE_SHARERS_EXCESS    10  /* times what chance gives over 2^16 IP ids and cells */

/* Denial of service, section 4: Moore et al. 2006 as published and implemented (corsaro). */
#define RULE_ATTACK_PACKETS      25
#define RULE_ATTACK_SECONDS      60
#define RULE_ATTACK_MINUTE       30 /* packets in the highest minute */
#define RULE_ATTACK_DESTINATIONS 5  /* ours: a forger draws from all addresses */

/* A reflected flood onto the monitored space, ours: so many servers answer, and so many to each
 * address that gets answers. A busy resolver in the space would have a dozen. */
#define RULE_REFLECTORS      50
#define RULE_REFLECTORS_EACH 25

/* What is new within one capture, ours. Change from day to day is the hub's to tell. */
#define RULE_FRESH_COLUMNS 8    /* columns with traffic; with fewer nothing can be told */
#define RULE_FRESH_SHARE   0.25 /* of them, before the first packet */
#define RULE_FRESH_SOURCES 10
#define RULE_FRESH_PACKETS 50
#define RULE_FRESH_P       1e-6 /* chance that a steady port had shown no source till then */

/* Change, section 5. */
#define RULE_CHANGE_BINS    12     /* of history; with fewer nothing is judged */
#define RULE_CHANGE_Z       6.0    /* robust z on log counts: section 5 */
#define RULE_CHANGE_TWO_Z   4.0    /* each of two bins that follow one another, ours */
#define RULE_CHANGE_FDR     0.0005 /* of the alarms of a bin and scope: one in 14 days at 144 bins */
#define RULE_CHANGE_FACTOR  1.5    /* smaller rises are not told */
#define RULE_CHANGE_LEAST   3.0    /* sources: what is usual is never taken for fewer */
#define RULE_CHANGE_SOURCES 10     /* nor fewer sources more than usual */
#define RULE_CHANGE_MODEL   0.1    /* the usual level is not known better, ours */
#define RULE_CHANGE_TIDE    0.5    /* of its ln: how far a port may differ from all, ours */
#define RULE_CUSUM_RATIO    1.5    /* the rise that the sum is tuned to */
#define RULE_CUSUM_LIMIT    16.0   /* ln: one series runs e^16 bins without a false alarm */
#define RULE_VANISH_USUAL   20.0   /* sources; a port with fewer may be quiet by chance */
#define RULE_VANISH_SHARE   0.2
#define RULE_VANISH_LOG_P   (-18.4) /* 1e-8, in each of two bins */
#define RULE_EPISODE_QUIET  6       /* bins until it is over: what comes back each hour is one */
#define RULE_EPISODE_BINS   36      /* then it is the new level */
#define RULE_EPISODE_SURE   (-23.0) /* ln p, 1e-10: enough in one bin */

/* Worms, section 5 (Zou et al. 2005); a rate is of ten minutes, numbers ours. */
#define RULE_WORM_START  2.5  /* standard deviations above usual: from here on it is followed */
#define RULE_WORM_ALARM  5.0  /* the same, for an alarm */
#define RULE_WORM_RATE   0.03 /* slower growth is not told from the tide: 0.18 an hour */
#define RULE_WORM_SURE   3.5  /* the rate in its standard deviations */
#define RULE_WORM_STEADY 0.3  /* most that the rate may have moved in two bins */
#define RULE_WORM_GROWN  2.0  /* times, since it is followed */
#define RULE_WORM_BENT                                                        \
	0.6 /* of the earlier growth in logs that the later half must have: a \
	       straight line has less */
#define RULE_WORM_BINS  5
#define RULE_WORM_STALL 6   /* bins without growth */
#define RULE_WORM_OVER  0.3 /* of the peak: it is over */

/* Searches for amplifiers, ours. */
#define RULE_SEARCH_Z       5.0
#define RULE_SEARCH_SPREAD  0.25  /* of the logarithm of an hour: no hour is known better */
#define RULE_SEARCH_SOURCES 3     /* in one bin: one or two are somebody's experiment */
#define RULE_SEARCH_SECONDS 86400 /* then it is usual */

/* Groups that move together, section 5; numbers ours. */
#define RULE_GROUP_MEMBERS  8            /* fewer are not told */
#define RULE_GROUP_CHANCE   0.05         /* of the members may be there by chance: precision 0.95 */
#define RULE_GROUP_LOG_P    (-16.0)      /* ln: that chance brings so many together */
#define RULE_GROUP_SAME     0.5          /* of the smaller one's members: it is the same group */
#define RULE_GROUP_SILENT_S 7200         /* then its event is closed */
#define RULE_GROUP_MEMORY_S (28 * 86400) /* then its name is forgotten */

/* Inference of the monitored prefixes, ours. */
#define INFER_PREFIXES_MAX 64   /* more are no telescope; the heaviest are kept */
#define INFER_SHORTEST_V4  8    /* no telescope is larger than a /8 */
#define INFER_SHORTEST_V6  32   /* one registry's allocation */
#define INFER_FULL         0.6  /* share of seen addresses that makes a prefix ... */
#define INFER_FULL_PART    0.25 /* ... with no part of it (an eighth) below this */
#define INFER_SPARSE_SEEN  32   /* seen addresses that show evenness over eighths */
#define INFER_CELL         8    /* seen addresses a cell on average: e^-8 stay empty */
#define INFER_CELLS_SEEN   0.75 /* share of the cells of each eighth that must be hit */

#endif
