"""The program as its users start it: exit codes, what goes where, what never appears."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support import derived, exit_code_page
from tests.support.images import Recipe, layout
from tests.support.program import COMMAND, MINIATURE, REPOSITORY, Finished, environment, ksimage

from ksimage.errors import KsimageError


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A base with the miniature hook, in the folder ``image``."""
    return derived.base(tmp_path_factory.mktemp("base") / "image")


def run(*arguments: str, cwd: Path, **env: str) -> Finished:
    return ksimage(*arguments, cwd=cwd, env=env)


BUILD = ("build", "v3.3.2")


def families() -> list[type[KsimageError]]:
    every = list(exit_code_page.errors())
    return [error for error in every if KsimageError in error.__bases__]


class TestExitCodes:
    """One row a family; docs/exit-codes.md has the table."""

    @pytest.mark.parametrize(
        ("arguments", "code", "kind"),
        [
            (["build"], 2, "usage-error"),
            (["nonsense"], 2, "usage-error"),
            (["build", "v3.3.2", "--nonsense"], 2, "usage-error"),
            (["build", "v3.3.2", "--verbose=9"], 2, "bad-option"),
            (["build", "Harbor.lan/A:b"], 2, "bad-reference"),
            (["build", "v3.3.2", "--from", "docker-deamon:x:y"], 2, None),
            (["--config", "missing.yaml", "build", "v3.3.2"], 3, "config-not-found"),
            (["build", "v9.9.9"], 4, "unknown-release"),
            (["build", "v2.1.1"], 4, "unsupported-release"),
            (["build", "master"], 4, "unsupported-release"),
            (["build", "v3.3.2", "--from", "oci:missing"], 4, "image-not-found"),
            (["build", "v3.3.2", "--from", "BASE", "--platform", "linux/s390x"], 4,
             "platform-not-found"),
            (["build", "v3.3.2", "--from", "BASE", "--without", "nonsense"], 5, "unknown-patch"),
            (["build", "v3.3.2", "--from", "BASE", "--without", "unquiet"], 5, None),
            (["verify", "BASE"], 6, "proof-failed"),
            (["build", "v3.3.2", "--from", "BASE", "--engine", "docker"], 7, None),
            (["build", "v3.3.2", "--from", "127.0.0.1:1/x"], 8, None),
            (["verify", "oci:broken"], 11, None),
            (["render", "v3.3.2", "--from", "BASE", "-o", "full"], 14, "not-empty"),
        ],
    )  # fmt: skip
    def test_code_and_document(
        self, base: str, tmp_path: Path, arguments: list[str], code: int, kind: str | None
    ) -> None:
        (tmp_path / "full").mkdir()
        (tmp_path / "full" / "x").touch()
        layout(tmp_path / "broken")
        (tmp_path / "broken" / "index.json").write_text('{"schemaVersion": 2, "manifests": 5}')
        given = [base if word == "BASE" else word for word in arguments]
        plain = run(*given, cwd=tmp_path)
        assert plain.code == code, plain.stderr
        assert plain.stdout == ""
        assert plain.stderr.count("error:") == 1
        assert "Traceback" not in plain.stderr
        finished = run("--output", "json", *given, cwd=tmp_path)
        assert finished.code == code
        if "error" not in finished.document:
            assert finished.document["verified"] is False  # verify: its verdict is the document
            return
        found = finished.document["error"]
        assert found["exit_code"] == code
        assert kind in (None, found["kind"])
        assert set(found) == {"kind", "exit_code", "message", "why", "advice"}
        assert finished.document["schema"] == "ksimage/v1"

    def test_tag_occupied(self, base: str, tmp_path: Path) -> None:
        to = ("--from", base, "--to", "oci:out:x")
        assert run(*BUILD, *to, cwd=tmp_path).code == 0
        finished = run(*BUILD, *to, "--verbose", cwd=tmp_path)
        assert finished.code == 10
        assert "--replace" in finished.stderr

    def test_every_family_has_its_own_code(self) -> None:
        """Those that are answers for scripts (check, reproduce, several at once) share theirs."""
        codes = [family.exit_code for family in families()]
        assert {code for code in codes if codes.count(code) > 1} == {13, 15}
        assert set(codes) >= set(range(2, 16))

    def test_subclasses_keep_their_familys_code_and_have_a_kind_of_their_own(self) -> None:
        def below(cls: type[KsimageError]) -> list[type[KsimageError]]:
            return [cls, *(x for sub in cls.__subclasses__() for x in below(sub))]

        kinds = []
        for family in families():
            for cls in below(family):
                assert cls.exit_code == family.exit_code, cls
                kinds.append(cls.__name__)
        assert len(set(kinds)) == len(kinds)


class TestOutput:
    def test_only_the_result_is_on_stdout(self, base: str, tmp_path: Path) -> None:
        finished = run(*BUILD, "--from", base, "--to", "oci:out", "-vv", cwd=tmp_path).ok()
        assert finished.reference.startswith("oci:out:v3.3.2-debug@sha256:")
        assert "proof" not in finished.stdout
        assert "base layers are unchanged" in finished.stderr

    def test_quiet(self, base: str, tmp_path: Path) -> None:
        build = (*BUILD, "--from", base, "--to")
        once = run(*build, "oci:a", "-q", cwd=tmp_path).ok()
        assert all(line.startswith("warning:") for line in once.stderr.splitlines())
        twice = run("-q", *build, "oci:b", "-q", cwd=tmp_path).ok()
        assert (twice.stderr, len(twice.stdout.splitlines())) == ("", 1)
        failed = run("-qq", *build, "oci:b", "--verbose", cwd=tmp_path)
        assert failed.code == 10 and failed.stderr.startswith("error:")

    @pytest.mark.parametrize(
        "arguments",
        [
            ("-v", *BUILD),
            (*BUILD, "-v"),
            ("-v", *BUILD, "-v", "-q"),
            ("-vv", *BUILD, "-q"),
        ],
    )
    def test_levels_add_up_before_and_after_the_command(
        self, base: str, tmp_path: Path, arguments: tuple[str, ...]
    ) -> None:
        finished = run(*arguments, "--from", base, "--to", "oci:out", cwd=tmp_path).ok()
        assert "reading layer" in finished.stderr
        assert "cannot hold the hook" not in finished.stderr

    def test_debug(self, base: str, tmp_path: Path) -> None:
        finished = run(*BUILD, "--from", base, "--to", "oci:out", "-v", "-v", cwd=tmp_path).ok()
        assert "cannot hold the hook" in finished.stderr

    @pytest.mark.parametrize(
        ("arguments", "level"),
        [
            (("build", "v3.3.2"), "0"),
            (("build", "v3.3.2", "--verbose"), "5"),
            (("build", "--verbose", "v3.3.2"), "5"),
            (("build", "--verbose=3", "v3.3.2"), "3"),
            (("build", "v3.3.2", "--verbose=0"), "0"),
        ],
    )
    def test_verbose(
        self, base: str, tmp_path: Path, arguments: tuple[str, ...], level: str
    ) -> None:
        finished = run(*arguments, "--from", base, "--dry-run", cwd=tmp_path).ok()
        assert f'KS_INSTALLER_VERBOSITY="{level}"' in finished.stdout
        warned = "will contain tokens and the admin password" in finished.stderr
        assert warned is (level != "0")
        assert finished.stderr.count("admin password") <= 1

    def test_words_after_two_dashes_are_no_options(self, tmp_path: Path) -> None:
        finished = run("build", "--", "--verbose", cwd=tmp_path)
        assert finished.code == 4 and "unknown release '--verbose'" in finished.stderr

    @pytest.mark.parametrize(
        ("arguments", "env", "colored"),
        [
            ((), {}, False),
            ((), {"FORCE_COLOR": "1"}, True),
            ((), {"FORCE_COLOR": ""}, False),
            ((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
            ((), {"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
            (("--no-color",), {"FORCE_COLOR": "1"}, False),
            (("--color",), {"NO_COLOR": "1"}, True),
            (("--color",), {}, True),
        ],
    )
    def test_colours(
        self,
        base: str,
        tmp_path: Path,
        arguments: tuple[str, ...],
        env: dict[str, str],
        colored: bool,
    ) -> None:
        for command in ((*arguments, "diff", "v3.3.2"), ("diff", "v3.3.2", *arguments)):
            finished = run(*command, "--from", base, cwd=tmp_path, **env).ok()
            assert ("\x1b[" in finished.stdout) is colored

    def test_json_is_one_document(self, base: str, tmp_path: Path) -> None:
        for arguments in (("--output", "json", *BUILD), (*BUILD, "--output=json")):
            finished = run(*arguments, "--from", base, "--dry-run", cwd=tmp_path).ok()
            assert finished.document["dry_run"] is True
        finished = run(*BUILD, "--from", base, "--dry-run", cwd=tmp_path, KSIMAGE_OUTPUT="json")
        assert finished.document["release"] == "v3.3.2"

    def test_a_flag_wins_over_the_variable(self, base: str, tmp_path: Path) -> None:
        env = {"KSIMAGE_OUTPUT": "json"}
        for arguments in (
            ("--output", "text", "build", "v9"), ("build", "v9", "--output", "text"),
        ):  # fmt: skip
            assert run(*arguments, cwd=tmp_path, **env).stdout == ""
        assert run("build", "v9", cwd=tmp_path, KSIMAGE_OUTPUT="nonsense").code == 2

    @pytest.mark.parametrize(
        "arguments",
        [
            ("build", "--output", "json", "--nonsense"),
            ("--output=json", "nonsense"),
            ("build", "--nonsense", "--output=json"),
            ("--nonsense", "--output", "json"),
        ],
    )
    def test_json_even_when_the_command_line_is_wrong(
        self, tmp_path: Path, arguments: tuple[str, ...]
    ) -> None:
        finished = run(*arguments, cwd=tmp_path)
        assert finished.code == 2
        assert finished.document["error"]["kind"] == "usage-error"

    def test_json_is_ascii(self, base: str, tmp_path: Path) -> None:
        label = "site=Größe\N{GRINNING FACE}"
        command = (*BUILD, "--from", base, "--dry-run", "--label", label, "--output", "json")
        finished = run(*command, cwd=tmp_path, PYTHONIOENCODING="ascii").ok()
        assert finished.stdout.isascii()
        assert "Größe\N{GRINNING FACE}" in finished.document["dockerfile"]

    def test_stderr_that_knows_no_unicode(self, base: str, tmp_path: Path) -> None:
        command = (*BUILD, "--from", base, "--to", "oci:out")
        finished = run(*command, cwd=tmp_path, PYTHONIOENCODING="ascii").ok()
        assert " proofs hold (linux/amd64)\nok " in finished.stderr
        assert "..." in finished.stderr and "\\" not in finished.stderr, "nothing is left escaped"

    def test_nothing_foreign_reaches_the_terminal_raw(self, tmp_path: Path) -> None:
        evil = "\x1b]0;owned\x07\x1b[31m\r\u202e"
        layout(tmp_path / "x", Recipe(labels={"org.opencontainers.image.base.name": evil}))
        layout(tmp_path / "y", Recipe(architecture="amd64" + evil), ref=f"v{evil}")
        for location in ("oci:x", "oci:y", "oci:y:other"):
            finished = run("verify", location, "-vv", cwd=tmp_path)
            assert finished.code != 0
            assert "\x1b" not in finished.stderr and "\r" not in finished.stderr


class TestDidYouMean:
    @pytest.mark.parametrize(
        ("arguments", "words"),
        [
            (("biuld", "v3.3.2"), "build"),
            (("build", "v3.3.2", "--pusch"), "--push"),
            (("build", "v3.3.3"), "v3.3.2"),
            (("build", "v3.3.2", "--from", "docker-deamon:x/y:z"), "docker-daemon:"),
            (("build", "v3.3.2", "--from", f"oci:{MINIATURE}", "--without", "unquit"), "unquiet"),
        ],
    )
    def test_near_names_are_named(
        self, tmp_path: Path, arguments: tuple[str, ...], words: str
    ) -> None:
        finished = run(*arguments, cwd=tmp_path)
        assert finished.code in (2, 4, 5)
        assert words in finished.stderr


class TestEndings:
    """Signals, pipes and full disks."""

    def popen(self, *arguments: str, cwd: Path, **options: Any) -> subprocess.Popen[bytes]:
        defaults: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        return subprocess.Popen(
            [*COMMAND, *arguments], cwd=cwd, **{"env": environment(), **defaults, **options}
        )

    @pytest.mark.parametrize("command", [("diff", "v3.3.2"), ("--help",), (*BUILD, "--dry-run")])
    def test_reader_gone(self, base: str, tmp_path: Path, command: tuple[str, ...]) -> None:
        """`ksimage diff v3.3.2 | head -1` with pipefail."""
        given = command if command == ("--help",) else (*command, "--from", base)
        reading, writing = os.pipe()
        os.close(reading)
        process = self.popen(*given, cwd=tmp_path, stdout=writing)
        os.close(writing)
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr
        assert b"BrokenPipe" not in stderr and b"Traceback" not in stderr

    @pytest.mark.parametrize("system", ["", "GITHUB_ACTIONS"])
    def test_reader_of_everything_gone(self, base: str, tmp_path: Path, system: str) -> None:
        """`ksimage build ... 2>&1 | head -1`: the text is cut, the work is done."""
        reading, writing = os.pipe()
        os.close(reading)
        env = environment({system: "true"} if system else {})
        arguments = (*BUILD, "v3.3.1", "--from", base, "--to", "oci:out", "--image-refs", "refs")
        process = self.popen(*arguments, cwd=tmp_path, stdout=writing, stderr=writing, env=env)
        os.close(writing)
        assert process.wait(60) == 0
        assert len((tmp_path / "refs").read_text().splitlines()) == 2
        ksimage("verify", "oci:out:v3.3.1-debug", "--base", base, cwd=tmp_path).ok()

    def test_reader_of_a_failure_gone(self, tmp_path: Path) -> None:
        reading, writing = os.pipe()
        os.close(reading)
        process = self.popen("build", "v9", cwd=tmp_path, stdout=writing, stderr=writing)
        os.close(writing)
        assert process.wait(60) == 4

    def test_full_disk(self, base: str, tmp_path: Path) -> None:
        with Path("/dev/full").open("wb") as full:
            process = self.popen("diff", "v3.3.2", "--from", base, cwd=tmp_path, stdout=full)
            _, stderr = process.communicate(timeout=60)
        assert process.returncode == 14
        assert b"No space left" in stderr and b"mistake" not in stderr

    @pytest.mark.parametrize("closed", [0, 1, 2])
    def test_closed_by_the_caller(self, base: str, tmp_path: Path, closed: int) -> None:
        """`>&-`: nothing else gets the stream's number and is then written to."""
        command = (*BUILD, "--from", base, "--to", "oci:out", "-q")
        process = self.popen(*command, cwd=tmp_path, preexec_fn=lambda: os.close(closed))
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 0, stderr
        assert (stdout == b"") == (closed == 1) and b"Traceback" not in stderr
        done = ksimage("verify", "oci:out", "--base", base, cwd=tmp_path).ok()
        assert "made by ksimage" in done.stderr

    def test_interrupted(self, tmp_path: Path) -> None:
        """Ctrl-C while a password is waited for."""
        process = self.popen(
            "verify", "127.0.0.1:1/x:y", "--username", "u", "--password-stdin",
            cwd=tmp_path, stdin=subprocess.PIPE,
        )  # fmt: skip
        deadline = time.monotonic() + 60
        waiting = Path(f"/proc/{process.pid}/wchan")
        while time.monotonic() < deadline and "pipe" not in waiting.read_text():
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, stderr = process.communicate(timeout=60)
        assert process.returncode == 130
        assert b"interrupted" in stderr and b"Traceback" not in stderr

    def test_interrupted_though_these_tests_run_in_the_background(self) -> None:
        """A shell starts what is put there with SIGINT ignored, and that is inherited."""
        one = f"{Path(__file__)}::TestEndings::test_interrupted"
        command = f'trap "" INT; exec {sys.executable} -m pytest -q -p no:cacheprovider {one}'
        done = subprocess.run(
            ["sh", "-c", command], cwd=REPOSITORY, env=environment(), capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout

    def test_a_mistake_of_its_own(self, tmp_path: Path) -> None:
        code = (
            "import ksimage.base.naming\n"
            "def broken(name): raise ZeroDivisionError('of all things')\n"
            "ksimage.base.naming.release_tag = broken\n"
            "from ksimage.cli import main; main()"
        )
        command = (sys.executable, "-c", code)
        finished = ksimage(*BUILD, cwd=tmp_path, command=command)
        assert finished.code == 1
        assert "ZeroDivisionError: of all things" in finished.stderr
        assert "Traceback" not in finished.stderr and "-vv" in finished.stderr
        assert "Traceback" in ksimage(*BUILD, "-vv", cwd=tmp_path, command=command).stderr
        document = ksimage(*BUILD, "--output", "json", cwd=tmp_path, command=command).document
        assert document["error"]["exit_code"] == 1

    def test_working_directory_that_is_gone(self, tmp_path: Path) -> None:
        gone = tmp_path / "gone"
        gone.mkdir()
        code = (
            f"import os; os.chdir({str(gone)!r}); os.rmdir({str(gone)!r})\n"
            "from ksimage.cli import main; main()"
        )
        finished = ksimage(*BUILD, cwd=tmp_path, command=(sys.executable, "-c", code))
        assert finished.code == 14
        assert "mistake of its own" not in finished.stderr


class TestSecrets:
    PASSWORD = 'hunter2"ä$x'

    def run(self, *arguments: str, cwd: Path, password: str | None = None) -> Finished:
        done = subprocess.run(
            [*COMMAND, *arguments],
            cwd=cwd,
            env=environment(),
            input=f"{password or self.PASSWORD}\nignored\n".encode(),
            capture_output=True,
        )
        return Finished(done.returncode, done.stdout.decode(), done.stderr.decode())

    LOGIN = ("--username", "robot$me", "--password-stdin")

    def forms(self) -> list[str]:
        import base64

        pair = base64.b64encode(f"robot$me:{self.PASSWORD}".encode()).decode()
        return [self.PASSWORD, json.dumps(self.PASSWORD)[1:-1], pair, "hunter2"]

    @pytest.mark.parametrize("output", ["text", "json"])
    def test_nowhere_at_any_verbosity(self, tmp_path: Path, output: str) -> None:
        command = ("build", "127.0.0.1:1/x/y:z", *self.LOGIN, "-vv", "--output", output)
        finished = self.run(*command, cwd=tmp_path)
        assert finished.code == 8
        for form in self.forms():
            assert form not in finished.stdout + finished.stderr

    @pytest.mark.parametrize("output", ["text", "json", "github"])
    def test_nor_in_a_mistake_of_its_own(self, tmp_path: Path, output: str) -> None:
        code = (
            "import ksimage.cli.input.invocation as module\n"
            "def broken(self, location): raise ValueError(repr(self.settings.password)\n"
            "    + self.settings.password)\n"
            "module.Invocation.options = broken\n"
            "from ksimage.cli import main; main()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, "build", "127.0.0.1:1/x/y:z", *self.LOGIN, "-vv",
             "--output", output.replace("github", "text")],
            cwd=tmp_path,
            env=environment({"GITHUB_ACTIONS": "true" if output == "github" else ""}),
            input=f"{self.PASSWORD}\n".encode(),
            capture_output=True,
        )  # fmt: skip
        shown = (done.stdout + done.stderr).decode()
        assert done.returncode == 1 and "***" in shown
        assert ("::error" in shown) is (output == "github")
        for form in self.forms():
            assert form not in shown

    def test_config_shows_that_there_is_one_and_not_what(self, tmp_path: Path) -> None:
        finished = ksimage("config", cwd=tmp_path, env={"KSIMAGE_PASSWORD": self.PASSWORD})
        assert self.PASSWORD not in finished.stdout + finished.stderr

    @pytest.mark.parametrize(
        ("given", "words"),
        [(b"", "empty"), (b"\n", "empty"), (b"\xff\xfe\n", "UTF-8"), (b"x" * 70_000, "more than")],
    )
    def test_unusable_password(self, tmp_path: Path, given: bytes, words: str) -> None:
        done = subprocess.run(
            [*COMMAND, "build", "127.0.0.1:1/x/y:z", *self.LOGIN],
            cwd=tmp_path,
            env=environment(),
            input=given,
            capture_output=True,
            text=False,
        )
        assert done.returncode == 2
        assert words in done.stderr.decode()
        assert "xfe" not in done.stderr.decode()

    def test_terminal_is_no_pipe(self, tmp_path: Path) -> None:
        """It would be echoed."""
        master, slave = pty.openpty()
        done = subprocess.run(
            [*COMMAND, "build", "127.0.0.1:1/x/y:z", *self.LOGIN],
            cwd=tmp_path,
            env=environment(),
            stdin=slave,
            capture_output=True,
            text=True,
        )
        os.close(master)
        os.close(slave)
        assert done.returncode == 2
        assert "stdin is a terminal" in done.stderr
