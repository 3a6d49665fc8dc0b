"""Disks of our own to fill, fail and cut off, mounted under the test's folder; which takes root."""

import fcntl
import os
import struct
import subprocess
import time
from contextlib import contextmanager

SHUTDOWN = 0x8004587D
"""EXT4_IOC_SHUTDOWN: from here on nothing reaches the disk."""
NO_LOG_FLUSH = 2
"""Its way that resembles a power cut most: what the journal holds in memory is lost too."""


class Disk:
    """A mounted file system. `directory` is where it is mounted."""

    def __init__(self, directory, image=None):
        self.directory = directory
        self.image = image

    def mount(self):
        how = ["-o", "loop", self.image] if self.image else ["-t", "tmpfs", "-o", "size=32m", "none"]
        subprocess.run(["mount", *how, self.directory], check=True, capture_output=True)

    def unmount(self):
        """Unmount; a killed process may hold its files a moment longer."""
        for _ in range(100):
            done = subprocess.run(["umount", self.directory], check=False, capture_output=True)
            if done.returncode == 0:
                return
            time.sleep(0.1)
        done.check_returncode()

    @contextmanager
    def mounted(self):
        """Mounted for a while."""
        self.mount()
        try:
            yield self
        finally:
            self.unmount()

    def free(self):
        status = os.statvfs(self.directory)
        return status.f_bavail * status.f_frsize

    def fill(self, free):
        """Let something else take the room, all but `free` bytes."""
        with (self.directory / "filler").open("ab") as file:
            size = file.tell()
            os.posix_fallocate(file.fileno(), size, max(self.free() - free, 1))

    def clear(self):
        (self.directory / "filler").unlink(missing_ok=True)

    def cut_power(self):
        descriptor = os.open(self.directory, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(descriptor)


def small_disk(folder):
    """A file system of 32 MiB in memory."""
    directory = folder / "disk"
    directory.mkdir()
    return Disk(directory)


def journaled_disk(folder):
    """An ext4 file system in a file of 64 MiB."""
    directory, image = folder / "disk", folder / "image"
    directory.mkdir()
    with image.open("wb") as file:
        file.truncate(64 * 2**20)
    subprocess.run(["mkfs.ext4", "-q", "-F", image], check=True, capture_output=True)
    return Disk(directory, image)


def lacks(*how):
    """What this machine lacks for mounting such a disk, or nothing."""
    if os.geteuid() != 0:
        return "not root"
    try:
        done = subprocess.run(["unshare", "--mount", *how], check=False, capture_output=True, text=True)
    except FileNotFoundError as missing:
        return f"{missing.filename} is not installed"
    return done.stderr.strip()
