/* Replacing a file at once, by rename(2) from a temporary one on the same file system.
 *
 * SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* `path.tmp.<pid>`: what a killed run leaves behind is never in the way of another one. */
static char *temporary_name(const char *path)
{
    const size_t size = strlen(path) + 32;
    char *name = ff_allocate_raw(size, 1);
    snprintf(name, size, "%s.tmp.%ld", path, (long)getpid());
    return name;
}

static char *folder_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ff_copy_text(".");
    char *name = ff_copy_text(path);
    name[slash == path ? 1 : slash - path] = '\0';
    return name;
}

static int open_new(const char *name)
{
    return open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
}

static enum ff_status check_folder(const char *path, const char *folder)
{
    struct stat found;
    CHECK(stat(folder, &found) == 0, FF_ERR_CONFIG,
          "%s: folder `%s` cannot be used: %s; create it or name another output", path, folder,
          strerror(errno));
    CHECK(S_ISDIR(found.st_mode), FF_ERR_CONFIG, "%s: `%s` is not a folder; name another output",
          path, folder);
    char *temporary = temporary_name(path);
    const int file = open_new(temporary);
    const int reason = errno;
    if (file >= 0) {
        close(file);
        unlink(temporary);
    }
    free(temporary);
    CHECK(file >= 0, FF_ERR_CONFIG,
          "%s: cannot create a file in folder `%s`: %s; name an output that you may write", path,
          folder, strerror(reason));
    return FF_OK;
}

enum ff_status ff_output_check(const char *path, bool may_replace)
{
    const size_t length = strlen(path);
    CHECK(length > 0, FF_ERR_CONFIG, "the name of the output is empty; name a file");
    CHECK(path[length - 1] != '/', FF_ERR_CONFIG, "%s: is the name of a folder; name a file in it",
          path);
    struct stat found;
    if (stat(path, &found) == 0) {
        CHECK(!S_ISDIR(found.st_mode), FF_ERR_CONFIG, "%s: is a folder; name a file in it", path);
        CHECK(S_ISREG(found.st_mode), FF_ERR_CONFIG,
              "%s: is not a regular file; name another output", path);
        CHECK(may_replace, FF_ERR_CONFIG,
              "%s: exists already; use --force to replace it, or name another output", path);
    }
    char *folder = folder_name(path);
    const enum ff_status status = check_folder(path, folder);
    free(folder);
    return status;
}

static bool write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        const ssize_t written = write(file, bytes, size);
        if (written < 0 && errno != EINTR)
            return false;
        if (written > 0) {
            bytes += written;
            size -= (size_t)written;
        }
    }
    return true;
}

static enum ff_status write_temporary(const char *path, const char *temporary, const void *bytes,
                                      size_t size)
{
    const int file = open_new(temporary);
    CHECK(file >= 0, FF_ERR_RUNTIME, "%s: cannot create `%s`: %s", path, temporary,
          strerror(errno));
    const bool is_written = write_all(file, bytes, size) && fsync(file) == 0;
    const int reason = errno;
    /* Network file systems may report a full disk only here. */
    const bool is_closed = close(file) == 0;
    CHECK(is_written, FF_ERR_RUNTIME, "%s: cannot write `%s`: %s", path, temporary,
          strerror(reason));
    CHECK(is_closed, FF_ERR_RUNTIME, "%s: cannot close `%s`: %s", path, temporary, strerror(errno));
    CHECK(rename(temporary, path) == 0, FF_ERR_RUNTIME, "%s: cannot rename `%s` to it: %s", path,
          temporary, strerror(errno));
    return FF_OK;
}

/* Makes the rename last through a power failure; file systems that cannot do it are let off. */
static void sync_folder(const char *path)
{
    char *folder = folder_name(path);
    const int file = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file >= 0) {
        fsync(file);
        close(file);
    }
    free(folder);
}

enum ff_status ff_output_replace(const char *path, const void *bytes, size_t size)
{
    char *temporary = temporary_name(path);
    const enum ff_status status = write_temporary(path, temporary, bytes, size);
    if (status == FF_OK)
        sync_folder(path);
    else
        unlink(temporary);
    free(temporary);
    return status;
}
