/* Makes the disk fail: preloaded into a venue, it lets the n-th write or flush of a file below a directory fail.
 *
 *   FAILING_DIRECTORY  files below it are meant, temporary ones without a name included
 *   FAILING_AT         the call that fails first, counted from 1; 0 or none: no call fails
 *   FAILING_ERROR      the error number; 0: half the bytes are written, and what is no write fails with EIO
 *   FAILING_ONCE       set: later calls work again
 *   FAILING_NOTE       a file elsewhere that is told number, name and path of the call that fails; of every call when none does
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static atomic_long counted;

static long setting(const char *name)
{
    const char *value = getenv(name);
    return value ? atol(value) : 0;
}

/* The function that would have been called without us. */
static void *real(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

static void note(const char *call, long number, const char *path)
{
    char line[600];
    const char *file = getenv("FAILING_NOTE");
    int out = file ? open(file, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    if (out >= 0) {
        int length = snprintf(line, sizeof line, "%ld %s %s\n", number, call, path);
        ssize_t (*plain)(int, const void *, size_t) = real("write");
        if (plain(out, line, (size_t)length) != length)
            abort();
        close(out);
    }
}

/* Whether this call fails. */
static int fails(const char *call, int file)
{
    const char *directory = getenv("FAILING_DIRECTORY");
    char link[64], path[512];
    ssize_t length;
    long at = setting("FAILING_AT"), number;
    if (!directory)
        return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    length = readlink(link, path, sizeof path - 1);
    if (length <= 0 || strncmp(path, directory, strlen(directory)) != 0)
        return 0;
    path[length] = 0;
    number = ++counted;
    if (at == 0 || number == at)
        note(call, number, path + strlen(directory));
    return at != 0 && (number == at || (number > at && !getenv("FAILING_ONCE")));
}

static int flush_fails(const char *call, int file)
{
    if (!fails(call, file))
        return 0;
    errno = setting("FAILING_ERROR") ? (int)setting("FAILING_ERROR") : EIO;
    return 1;
}

static int write_fails(const char *call, int file, size_t *size)
{
    if (!fails(call, file))
        return 0;
    errno = (int)setting("FAILING_ERROR");
    *size -= *size / 2;
    return errno != 0;
}

ssize_t write(int file, const void *bytes, size_t size)
{
    ssize_t (*plain)(int, const void *, size_t) = real("write");
    return write_fails("write", file, &size) ? -1 : plain(file, bytes, size);
}

ssize_t pwrite(int file, const void *bytes, size_t size, off_t at)
{
    ssize_t (*plain)(int, const void *, size_t, off_t) = real("pwrite");
    return write_fails("pwrite", file, &size) ? -1 : plain(file, bytes, size, at);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t at)
{
    ssize_t (*plain)(int, const void *, size_t, off64_t) = real("pwrite64");
    return write_fails("pwrite", file, &size) ? -1 : plain(file, bytes, size, at);
}

int fsync(int file)
{
    int (*plain)(int) = real("fsync");
    return flush_fails("fsync", file) ? -1 : plain(file);
}

int fdatasync(int file)
{
    int (*plain)(int) = real("fdatasync");
    return flush_fails("fdatasync", file) ? -1 : plain(file);
}

int ftruncate(int file, off_t size)
{
    int (*plain)(int, off_t) = real("ftruncate");
    return flush_fails("ftruncate", file) ? -1 : plain(file, size);
}

int ftruncate64(int file, off64_t size)
{
    int (*plain)(int, off64_t) = real("ftruncate64");
    return flush_fails("ftruncate", file) ? -1 : plain(file, size);
}

int posix_fallocate(int file, off_t from, off_t size)
{
    int (*plain)(int, off_t, off_t) = real("posix_fallocate");
    return flush_fails("fallocate", file) ? errno : plain(file, from, size);
}

int posix_fallocate64(int file, off64_t from, off64_t size)
{
    int (*plain)(int, off64_t, off64_t) = real("posix_fallocate64");
    return flush_fails("fallocate", file) ? errno : plain(file, from, size);
}
