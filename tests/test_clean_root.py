"""Both of the README's commands on a machine with nothing but Debian 12, python3 and pip, as a user without rights.

A minimal Debian is unpacked once (about a minute) and kept in the user's cache; each test copies it, puts the tree in,
and enters it with chroot, in a mount namespace of its own, so that /proc and /dev leave with the last process. The
network is the outer machine's: its resolver, proxies and certificate authorities go in with the tree.

Needs root, debootstrap and the right to mount; where one is missing the tests are skipped and say which.
"""

import fcntl
import os
import re
import shutil
import signal
import ssl
import subprocess
import tempfile
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
INCLUDE = "python3,python3-pip,ca-certificates"
USER = 1000
AUTHORITIES = Path("etc/ssl/certs/ca-certificates.crt")  # where Debian's python3 looks for them
PASSED_IN = re.compile(r"(?i)(https?|all|no)_proxy|(PIP|UV)_(DEFAULT_INDEX|INDEX_URL|EXTRA_INDEX_URL|DEFAULT_TIMEOUT)")
ENTER = """
mount --bind /proc "$0/proc" && mount --rbind /dev "$0/dev" || exit 125
cd "$0" && exec chroot --userspec "$1:$1" "$0" /bin/sh -c 'cd /home/user/tree && '"$2"
"""


def missing() -> str:
    """What this machine lacks for these tests, or nothing."""
    if os.geteuid() != 0:
        return "not root"
    for command in ("debootstrap", "chroot", "git", "unshare"):
        if not shutil.which(command):
            return f"{command} is not installed"
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode != 0:
        return "no right to a mount namespace"
    return ""


LACKS = missing()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.root,
    pytest.mark.timeout(600),  # the first run waits for some hundred Debian packages
    pytest.mark.skipif(bool(LACKS), reason=f"a bare Debian cannot be built here: {LACKS}"),
]


def bare_debian() -> Path:
    """The minimal root, built at the first call on this machine, by one process while the others wait."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "portcullis-tests"
    cache.mkdir(parents=True, exist_ok=True)
    root = cache / f"bookworm,{INCLUDE}"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not root.exists():
            half = cache / "half"  # what a stopped run left of it is thrown away
            shutil.rmtree(half, ignore_errors=True)
            build = ["debootstrap", "--variant=minbase", f"--include={INCLUDE}", "bookworm", str(half)]
            done = subprocess.run(build, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
            assert done.returncode == 0, (done.stdout + done.stderr)[-4000:]
            subprocess.run(["chroot", half, "useradd", "--create-home", "--uid", str(USER), "user"], check=True)
            half.rename(root)
    return root


def put_tree(target: Path) -> None:
    """Copy what git would commit from here: the tracked files and the new ones that are not ignored."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=ROOT, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        if (ROOT / name).exists():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)


class Machine:
    """A copy of the bare Debian with the tree in its user's home, and a way to run commands there as that user."""

    def __init__(self, root: Path) -> None:
        self.root = root
        subprocess.run(["cp", "-a", f"{bare_debian()}/.", root], check=True)
        put_tree(root / "home" / "user" / "tree")
        subprocess.run(["chown", "-R", f"{USER}:{USER}", root / "home" / "user"], check=True)
        self.environment = {"PATH": "/usr/bin:/bin:/usr/sbin", "HOME": "/home/user", "LANG": "C.UTF-8"}
        self.environment |= {name: value for name, value in os.environ.items() if PASSED_IN.fullmatch(name)}
        for name in ("resolv.conf", "hosts"):
            shutil.copy(Path("/etc") / name, root / "etc" / name)
        own = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile or f"/{AUTHORITIES}"
        if Path(own).exists():
            shutil.copy(own, root / AUTHORITIES)
        if "SSL_CERT_FILE" in os.environ:  # else uv's own list of authorities does, as on most machines
            self.environment["SSL_CERT_FILE"] = f"/{AUTHORITIES}"

    def start(self, command: str, output: Path) -> subprocess.Popen[bytes]:
        """Start `command`; its last part, after the last &&, takes the place of the shell and so gets the signals."""
        first, _, last = command.rpartition(" && ")
        script = f"{first or ':'} && exec {last}"
        with output.open("wb") as file:
            return subprocess.Popen(
                ["unshare", "--mount", "/bin/sh", "-c", ENTER, self.root, str(USER), script],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    def processes(self) -> dict[int, str]:
        """What runs in here, whoever started it."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if (process / "root").readlink() == self.root:
                    found[int(process.name)] = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                pass  # it ended while we looked
        return found

    def assert_nothing_runs(self) -> None:
        """Within a moment: who was told of the end may still be on the way out."""
        deadline = time.monotonic() + 5
        while running := self.processes():
            assert time.monotonic() < deadline, running
            time.sleep(0.05)

    def stop(self) -> None:
        for process in self.processes():
            os.kill(process, signal.SIGKILL)


@pytest.fixture
def machine():
    with tempfile.TemporaryDirectory(prefix="portcullis-clean-root-", ignore_cleanup_errors=True) as folder:
        # pytest's own temporary directories are kept for three runs, which is too long for some hundred megabytes
        machine = Machine(Path(folder).resolve())
        try:
            yield machine
        finally:
            machine.stop()


def readme_commands() -> list[str]:
    lines = (line.strip() for line in (ROOT / "README.md").read_text().splitlines())
    return [line for line in lines if line.startswith("python3 -m pip ")]


def lines_of(output: Path) -> list[str]:
    return output.read_text(errors="replace").splitlines()


def test_the_demo_starts_on_a_bare_debian_and_stops_when_asked(machine, tmp_path):
    start, _ = readme_commands()
    output = tmp_path / "output"
    demo = machine.start(f"{start} --port-base 0", output)
    while "Ready" not in lines_of(output):  # ends with the test's time-out
        assert demo.poll() is None, output.read_text()
        time.sleep(0.1)
    demo.send_signal(signal.SIGTERM)
    assert demo.wait() == 0, output.read_text()
    assert "Traceback" not in output.read_text()
    machine.assert_nothing_runs()


def test_the_check_passes_on_a_bare_debian(machine, tmp_path):
    _, check = readme_commands()
    output = tmp_path / "output"
    some = "tests/test_tidy.py tests/wire"  # every step runs; of the tests some, since all would take as long again
    assert machine.start(f"{check} {some}", output).wait() == 0, output.read_text()
    assert re.search(r"^=+ .*\d+ passed", output.read_text(), re.MULTILINE)
    machine.assert_nothing_runs()
