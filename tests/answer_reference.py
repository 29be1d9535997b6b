# SPDX-License-Identifier: Apache-2.0
"""What a query must answer, by brute force over rows in memory, and made-up rows to ask about.

Shares no code with the program: dictionaries, loops, sets. Queries are kept as dictionaries;
text() writes them in the query language.
"""
import ipaddress
import random

KINDS = ("scan", "backscatter", "stealth", "malformed", "other", "outbound")
TOOLS = {0: "unknown", 1: "zmap", 4: "mirai", 13: "stateless-irregular"}
PROTOS = {1: "icmp", 6: "tcp", 17: "udp", 47: "gre"}
MINUTE0 = 20454 * 1440  # 2026-01-01
DAYS = 3
NOW = (MINUTE0 + DAYS * 1440 - 7 * 60 + 23) * 60 + 31
SUMS = ("packets", "bytes", "sources", "rows", "destinations")

MEMBERS = {1: ("alpha", True, 2, 2), 2: ("beta", True, 3, 2), 3: ("gamma", True, 2, 3),
           4: ("delta", False, 1, 1), 5: ("strict", True, 50, 1)}
SENSORS = {1: 1, 2: 1, 3: 2, 4: 2, 5: 2, 6: 3, 7: 3, 8: 4, 9: 3, 10: 5}
WITHDRAWN = {9}
SENSOR_NAMES = {n: f"s{n}-{MEMBERS[m][0]}" for n, m in SENSORS.items()}


def draw_rows(rng, count):
    sources = [int(ipaddress.IPv4Address("192.0.2.0")) + i for i in range(30)]
    sources += [int(ipaddress.IPv4Address("198.51.100.7")), int(ipaddress.IPv4Address("203.0.113.9"))]
    v6 = [int(ipaddress.IPv6Address("2001:db8::")) + i * 2**66 for i in range(6)]
    rows = []
    for _ in range(count):
        source = rng.choice(sources[:rng.randint(1, len(sources))] + v6[:1]) if rng.random() < 0.9 \
            else rng.choice(v6)
        whole = source if source > 2**32 else 0xFFFF << 32 | source
        proto = rng.choice((6, 6, 6, 17, 1, 47))
        minute = MINUTE0 + int(rng.random() ** 0.7 * (NOW // 60 - MINUTE0))
        rows.append({
            "minute": minute, "sensor": rng.choice(tuple(SENSORS)), "source": whole, "proto": proto,
            "port": {6: rng.choice((22, 23, 80, 2323)), 17: rng.choice((53, 123)),
                     1: rng.choice((8 << 8, 3 << 8 | 1)), 47: 0}[proto],
            "kind": rng.randrange(6), "tool": rng.choice(tuple(TOOLS)),
            "packets": rng.randint(1, 40), "bytes": rng.randint(40, 4000),
            "destinations": rng.randint(1, 9), "country": rng.choice((0, 0x4A50, 0x5553)),
            "asn": rng.choice((0, 64500, 64501)), "signs": rng.choice((0, 1, 2, 258))})
    return rows


def draw_windows(rng):
    """Every sensor sends every minute, but for its gaps and the newest minutes."""
    windows = []
    for sensor in SENSORS:
        start = rng.randrange(MINUTE0, NOW // 60)
        gaps = [(start, start + rng.randint(1, 300))]
        if sensor == 5:
            gaps.append((MINUTE0 + 1440, MINUTE0 + 2880))
        for minute in range(MINUTE0, NOW // 60):
            if not any(a <= minute < b for a, b in gaps):
                windows.append({"minute": minute, "sensor": sensor, "packets": 100, "dropped": sensor,
                                "malformed": 1, "addresses": 256.0 * sensor, "watched_ms": 60000})
    # Everybody was away for two hours.
    return [w for w in windows if not MINUTE0 + 2000 <= w["minute"] < MINUTE0 + 2120]


def address_text(whole):
    if whole >> 32 == 0xFFFF:
        return str(ipaddress.IPv4Address(whole & 0xFFFFFFFF))
    return str(ipaddress.IPv6Address(whole))


def port_text(row):
    if row["proto"] in (6, 17):
        return f"{row['port']}/{PROTOS[row['proto']]}"
    if row["proto"] == 1:
        return f"{row['port'] >> 8}.{row['port'] & 255}/icmp"
    return f"proto {PROTOS[row['proto']]}"


def country_text(number):
    return chr(number >> 8) + chr(number & 255) if number else "unknown"


def value(row, dimension):
    return {
        "port": lambda: port_text(row), "proto": lambda: PROTOS[row["proto"]],
        "kind": lambda: KINDS[row["kind"]], "tool": lambda: TOOLS[row["tool"]],
        "country": lambda: country_text(row["country"]),
        "network": lambda: f"AS{row['asn']}" if row["asn"] else "unknown",
        "source": lambda: address_text(row["source"]),
        "sensor": lambda: SENSOR_NAMES[row["sensor"]],
        "member": lambda: MEMBERS[SENSORS[row["sensor"]]][0]}[dimension]()


CHOICES = {
    "port": ("22/tcp", "23/tcp", "80/tcp", "53/udp", "123/udp", "8.0/icmp", "3.1/icmp"),
    "proto": ("tcp", "udp", "icmp", "gre"), "kind": KINDS, "tool": tuple(TOOLS.values()),
    "country": ("JP", "US", "unknown", "FR"), "network": ("AS64500", "AS64501", "unknown"),
    "source": ("192.0.2.0", "192.0.2.3", "198.51.100.7", "203.0.113.9", "2001:db8::"),
    "sensor": tuple(SENSOR_NAMES.values()) + ("nobody",),
    "member": tuple(m[0] for m in MEMBERS.values()) + ("nobody",)}


def draw_filter(rng, dimensions, depth=0):
    if depth < 3 and rng.random() < 0.4:
        kind = rng.choice(("and", "or", "not"))
        if kind == "not":
            return ("not", draw_filter(rng, dimensions, depth + 1))
        return (kind, draw_filter(rng, dimensions, depth + 1), draw_filter(rng, dimensions, depth + 1))
    d = rng.choice(dimensions)
    count = rng.choice((1, 1, 1, 2))
    return ("in", d, tuple(rng.choice(CHOICES[d]) for _ in range(count)))


def matches(row, f):
    if f is None:
        return True
    if f[0] == "not":
        return not matches(row, f[1])
    if f[0] in ("and", "or"):
        return (all if f[0] == "and" else any)(matches(row, part) for part in f[1:])
    return value(row, f[1]) in f[2]


def filter_text(f):
    if f[0] == "not":
        return f"not ({filter_text(f[1])})"
    if f[0] in ("and", "or"):
        return f"({filter_text(f[1])}) {f[0]} ({filter_text(f[2])})"
    return f"{f[1]} in ({', '.join(f[2])})" if len(f[2]) > 1 else f"{f[1]} = {f[2][0]}"


def mentions(f, names):
    if f is None:
        return False
    return f[1] in names if f[0] == "in" else any(mentions(part, names) for part in f[1:])


def possible(sensor, f):
    """What a filter says of a sensor before a row is read: False, None (it depends) or True."""
    if f is None:
        return True
    if f[0] == "not":
        inner = possible(sensor, f[1])
        return None if inner is None else not inner
    if f[0] in ("and", "or"):
        parts = [possible(sensor, part) for part in f[1:]]
        decisive = f[0] == "or"
        if decisive in parts:
            return decisive
        return None if None in parts else not decisive
    if f[1] not in ("sensor", "member"):
        return None
    return value({"sensor": sensor}, f[1]) in f[2]


def time_text(minute):
    day, rest = divmod(minute - MINUTE0, 1440)
    return f"2026-01-{day + 1:02d}T{rest // 60:02d}:{rest % 60:02d}:00Z"


def text(q):
    words = [q["verb"]]
    if q["verb"] == "top":
        words += [str(q["limit"]), ", ".join(q["by"]), "by", ", ".join(q["measures"])]
    else:
        words.append(", ".join(q["measures"]))
        if q["by"]:
            words += ["by", ", ".join(q["by"])]
    if q["where"]:
        words += ["where", filter_text(q["where"])]
    words += ["from", time_text(q["from"]), "to", time_text(q["to"])]
    if q.get("every"):
        words += ["every", f"{q['every']}m"]
    return " ".join(words)


class Viewer:
    """`own`: sensors; None: sees all."""

    def __init__(self, role, own=None, named=False, round_to=1, grain=1, hub=(0, 0)):
        self.role, self.own, self.named = role, own, named
        self.round_to, self.grain, self.hub = round_to, grain, hub

    def command(self):
        member = SENSORS[self.own[0]] if self.own else 0
        return (f"viewer {self.role} {member} {self.hub[0]} {self.hub[1]} {self.round_to} "
                f"{self.grain} {int(self.named)} {' '.join(map(str, self.own or ()))}").strip()

    def others(self, q):
        """(sensors, least sensors, least sources) of the others' part."""
        hinted = mentions(q["where"], ("sensor", "member")) or \
            set(q["by"]) & {"sensor", "member"}
        if self.own is None or "source" in q["by"] or (hinted and not self.named):
            return set(), 1, 1
        if q.get("every") and q["every"] % self.grain:
            return set(), 1, 1
        members = {m for m, (_, shared, _, _) in MEMBERS.items() if shared}
        while True:
            sensors = {s for s, m in SENSORS.items()
                       if m in members and s not in self.own and s not in WITHDRAWN}
            members = {SENSORS[s] for s in sensors}
            least = max([self.hub[0]] + [MEMBERS[m][2] for m in members])
            if not sensors or least <= len(sensors):
                break
            if least == self.hub[0]:
                return set(), 1, 1
            members = {m for m in members if MEMBERS[m][2] < least}
        sources = max([self.hub[1]] + [MEMBERS[m][3] for m in members])
        return sensors, 1 if hinted else least, sources


class Reference:
    def __init__(self, rows, windows):
        self.rows, self.windows = rows, windows

    def visible(self, viewer):
        if viewer.own is None:
            return set(SENSORS) - WITHDRAWN
        return set(viewer.own) - WITHDRAWN

    def cells(self, q, viewer, width=0):
        """{(t, group...): sums}"""
        own, (others, least, sources) = self.visible(viewer), viewer.others(q)
        grain = viewer.grain
        low, high = -(-q["from"] // grain) * grain, q["to"] // grain * grain
        mine, theirs = {}, {}
        for row in self.rows:
            if not q["from"] <= row["minute"] < q["to"] or not matches(row, q["where"]):
                continue
            key = ((row["minute"] // width,) if width else ()) + \
                tuple(value(row, d) for d in q["by"])
            if row["sensor"] in own:
                mine.setdefault(key, []).append(row)
            elif row["sensor"] in others and low <= row["minute"] < high:
                theirs.setdefault(key, []).append(row)
        theirs = {k: v for k, v in theirs.items()
                  if len({r["sensor"] for r in v}) >= least and
                  len({r["source"] for r in v}) >= sources}
        return {k: self.sums(mine.get(k, []), theirs.get(k, []), viewer.round_to)
                for k in set(mine) | set(theirs)}

    @staticmethod
    def sums(mine, theirs, round_to):
        def total(rows, what):
            return len(rows) if what == "rows" else sum(r[what] for r in rows)

        def rounded(n):
            return (n + round_to // 2) // round_to * round_to

        sums = {w: total(mine, w) + rounded(total(theirs, w)) for w in SUMS if w != "sources"}
        sums["sources"] = len({r["source"] for r in mine + theirs})
        return sums

    def watched(self, q, viewer):
        sensors = self.visible(viewer) | viewer.others(q)[0]
        return {s for s in sensors if possible(s, q["where"]) is not False}

    def hours(self, q, viewer, low, high, group=None):
        """(windows, address hours) of the sensors that an answer, or a group of it, speaks of."""
        watched = self.watched(q, viewer)
        found = [w for w in self.windows if w["sensor"] in watched and low <= w["minute"] < high]
        for d, v in zip(q["by"], group or ()):
            if d in ("sensor", "member"):
                found = [w for w in found if value(w, d) == v]
        return len(found), sum(w["addresses"] * w["watched_ms"] for w in found) / 3.6e6


def draw_query(rng):
    verb = rng.choice(("series", "top", "count", "count"))
    dimensions = ["port", "proto", "kind", "tool", "country", "network", "source", "sensor", "member"]
    by = rng.sample(dimensions, rng.choice((0, 1, 1, 2)) if verb != "top" else rng.choice((1, 2)))
    q = {"verb": verb, "by": by, "limit": 10000,
         "measures": rng.sample(SUMS + ("rate",), rng.choice((1, 2, 3))),
         "where": draw_filter(rng, rng.sample(dimensions, 3)) if rng.random() < 0.7 else None}
    span = NOW // 60 - MINUTE0
    q["from"] = MINUTE0 + rng.randrange(span - 1)
    q["to"] = rng.randint(q["from"] + 1, MINUTE0 + span)
    if rng.random() < 0.3:
        q["from"], q["to"] = MINUTE0, MINUTE0 + 2 * 1440
    if verb == "series":
        q["every"] = rng.choice((10, 60, 90, 1440))
    return q
