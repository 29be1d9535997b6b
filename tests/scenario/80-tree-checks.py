# SPDX-License-Identifier: Apache-2.0
"""The tools that watch over the tree see what they are there to see.

Each runs on a small tree of its own: a right one, then the same with one thing wrong.
"""
import os
import shutil
import subprocess

from noroshi_test import SOURCE, folder

SPDX = "/* SPDX-License-Identifier: Apache-2.0 */\n"
ROOMS = "room(base m)\nroom(conf base)\nroom(model conf)\nroom(capture model)\nroom(synth model)\n"


def write(root, name, text):
    path = os.path.join(root, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)


def tree(root):
    """A right tree, with the checks in it: they look at the tree that they stand in."""
    os.makedirs(os.path.join(root, "tools"))
    for name in ("check-includes", "check-style"):
        shutil.copy(os.path.join(SOURCE, "tools", name), os.path.join(root, "tools", name))
    write(root, "CMakeLists.txt", "# SPDX-License-Identifier: Apache-2.0\n" + ROOMS)
    for room in ("base", "conf", "model", "capture", "synth"):
        write(root, f"src/{room}/{room}.h", SPDX + f"int {room}_do(void);\n")
    write(root, "src/capture/capture.c",
          SPDX + '#include "capture/capture.h"\n#include "model/model.h"\n#include "base/base.h"\n'
          "\nint capture_do(void)\n{\n\treturn 0; /* not sprintf(x) */\n}\n")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    return done.returncode, done.stdout + done.stderr


def check(tool, wrong=None):
    """(status, output) of the tool over a tree with `wrong`, a (file, text), in it."""
    with folder() as root:
        tree(root)
        if wrong:
            write(root, *wrong)
        return run(os.path.join(root, "tools", tool))


def refuses(tool, name, text, says):
    status, output = check(tool, (name, text))
    assert status == 1 and says in output, (tool, name, status, output)


def includes():
    status, output = check("check-includes")
    assert status == 0, output
    for room, target, says in (
            ("base", "model/model.h", "base may not look up into model"),
            ("synth", "capture/capture.h", "synth may not look up into capture"),
            ("capture", "synth/synth.h", "capture may not look up into synth"),
            ("capture", "../src/base/base.h", "no path below src/"),
            ("capture", "capture.h", "no path below src/")):
        refuses("check-includes", f"src/{room}/new.c", SPDX + f'#include "{target}"\n', says)
    refuses("check-includes", "src/shed/shed.c", SPDX, "no room() line")


def style():
    status, output = check("check-style")
    assert status == 0 and "no hard limit is broken" in output, output

    def function(lines):
        return SPDX + "int f(void)\n{\n" + "\t;\n" * (lines - 2) + "}\n"

    status, output = check("check-style", ("src/base/f.c", function(80)))
    assert status == 0, output
    refuses("check-style", "src/base/f.c", function(81), "src/base/f.c:3: function of 81 lines")
    refuses("check-style", "src/base/f.c", SPDX + "int a;\n" * 600, "601 lines")
    refuses("check-style", "programs/p/main.c", SPDX + "int a;\n" * 150, "main file")
    refuses("check-style", "src/base/f.c", "int a;\n", "no SPDX line")
    refuses("check-style", "src/base/f.c", SPDX + "int a = strcpy(b, c);\n", "strcpy is banned")
    refuses("check-style", "docs/a.md", "see /ho" "me/somebody/notes\n", "path of a machine")


def tally():
    """run-tests counts, shows and names; a test whose program is missing is a failure."""
    tool = os.path.join(SOURCE, "tools", "run-tests")
    with folder() as build:
        def tests(*commands):
            write(build, "CTestTestfile.cmake", "".join(
                f'add_test(t{i} {command})\n'
                f'set_tests_properties(t{i} PROPERTIES SKIP_RETURN_CODE 77)\n'
                for i, command in enumerate(commands)))
            status, output = run(tool, build)
            return status, output, output.rstrip().split("\n")[-1]

        good, skipped = "true", 'sh "-c" "echo SKIPPED: no moon; exit 77"'
        bad = 'sh "-c" "echo the reason; exit 1"'
        assert tests(good, good)[::2] == (0, "2 passed, 0 failed")
        status, output, last = tests(good, bad, skipped)
        assert (status, last) == (1, "1 passed, 1 failed, 1 skipped"), output
        assert "the reason" in output and "no moon" in output, output
        assert tests(good, build + "/nothing-here")[::2] == (1, "1 passed, 1 failed")
        assert tests()[0] == 1


def manual():
    tool = os.path.join(SOURCE, "tools", "fill-man")
    with folder() as place:
        write(place, "program", '#!/bin/sh\n[ "$1 $2" = "--mdoc analyze" ] && echo ".It Fl \\-top"\n')
        os.chmod(os.path.join(place, "program"), 0o755)
        write(place, "noroshi-analyze.1", ".Sh OPTIONS\n.\\\" OPTIONS\n.Sh FILES\n")
        out = os.path.join(place, "out.1")
        status, output = run(tool, os.path.join(place, "program"),
                             os.path.join(place, "noroshi-analyze.1"), out)
        assert status == 0, output
        with open(out, encoding="utf-8") as page:
            assert page.read() == ".Sh OPTIONS\n.It Fl \\-top\n.Sh FILES\n"
        write(place, "noroshi-other.1", ".\\\" OPTIONS\n")
        assert run(tool, os.path.join(place, "program"),
                   os.path.join(place, "noroshi-other.1"), out)[0] != 0


def main():
    includes()
    style()
    tally()
    manual()


main()
