/* Writes down what a program does to the files of one folder, in the order in which it happens.
 *
 * Preloaded into a real desk process by recorded_desk.py; disk_image.py reads what it wrote. Each
 * call is made as it was asked for and noted under one lock, so that the order of the notes is the
 * order on the disk. A sync is noted when it has returned, with the number of notes there were when
 * it began: only what came before that is on the disk for certain.
 *
 * FAULTS_RECORD_FOLDER is the folder, FAULTS_RECORD_TO the file of the notes (not in the folder).
 * FAULTS_ROOM is a file of eight bytes instead: how many more writes the folder has room for; below
 * zero, for all. The program changes it while it runs; the ballast that is removed makes room.
 *
 * FAULTS_CLOCK is a file of eight bytes: by how many nanoseconds the clock on the wall is wrong. The
 * clock that only measures stretches of time stays right, as it does when somebody sets the other.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum { OPENED = 1, WRITTEN, CUT, SYNCED, RENAMED, REMOVED, MADE_FOLDER, NOT_UNDERSTOOD };
enum { FILES_MOST = 4096, PATH_MOST = 1024 };

struct note {
    uint8_t kind;
    uint8_t truncates;
    uint16_t path_length;
    uint32_t content_length;
    uint64_t offset;
    uint64_t began_after;
    double at;
} __attribute__((packed));

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static char folder[PATH_MOST];
static size_t folder_length;
static int notes = -1;
static uint64_t count;
static volatile int64_t *room;
static volatile int64_t *wrong_by;
static char *paths[FILES_MOST];

static volatile int64_t *shared(const char *path)
{
    if (!path) return NULL;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
    void *there = mmap(NULL, sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (there == MAP_FAILED) abort();
    return there;
}

__attribute__((constructor)) static void begin(void)
{
    const char *from = getenv("FAULTS_RECORD_FOLDER"), *to = getenv("FAULTS_RECORD_TO");
    room = shared(getenv("FAULTS_ROOM"));
    wrong_by = shared(getenv("FAULTS_CLOCK"));
    if (from) folder_length = (size_t)snprintf(folder, sizeof folder, "%s/", from);
    if (from && to)
        notes = (int)syscall(SYS_openat, AT_FDCWD, to, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* Whether there is no room for one more write. The caller holds the turn. */
static int is_full(void)
{
    if (!room || *room < 0) return 0;
    if (*room == 0) return 1;
    --*room;
    return 0;
}

static ssize_t no_room(void)
{
    pthread_mutex_unlock(&turn);
    errno = ENOSPC;
    return -1;
}

static void put(const void *content, size_t length)
{
    const char *rest = content;
    while (length) {
        long done = syscall(SYS_write, notes, rest, length);
        if (done < 0 && errno == EINTR) continue;
        if (done <= 0) abort(); /* a recording with a hole proves nothing */
        rest += done;
        length -= (size_t)done;
    }
}

/* The caller holds the turn. */
static void note(int kind, const char *path, uint64_t offset, const void *content, size_t length,
                 uint64_t began_after, int truncates)
{
    if (notes < 0) return;
    struct timespec now;
    struct note head = {0};
    int before = errno;
    clock_gettime(CLOCK_MONOTONIC, &now);
    head.kind = (uint8_t)kind;
    head.truncates = (uint8_t)truncates;
    head.path_length = (uint16_t)strlen(path);
    head.content_length = (uint32_t)length;
    head.offset = offset;
    head.began_after = began_after;
    head.at = (double)now.tv_sec + (double)now.tv_nsec / 1e9;
    put(&head, sizeof head);
    put(path, head.path_length);
    put(content, length);
    count++;
    errno = before;
}

/* The path within the folder; NULL where it lies elsewhere. */
static const char *within(const char *path)
{
    if (!folder_length || !path) return NULL;
    if (strncmp(path, folder, folder_length) == 0) return path + folder_length;
    if (strlen(path) + 1 == folder_length && strncmp(path, folder, folder_length - 1) == 0) return ".";
    return NULL;
}

static const char *path_of(int file)
{
    return file >= 0 && file < FILES_MOST ? paths[file] : NULL;
}

static void opened(int file, const char *path, int flags, int is_new)
{
    if (file < 0 || file >= FILES_MOST || !within(path)) return;
    paths[file] = strdup(within(path));
    if (is_new || (flags & O_TRUNC)) note(OPENED, paths[file], 0, "", 0, 0, !!(flags & O_TRUNC));
}

static int open_noted(int folder_file, const char *path, int flags, mode_t mode)
{
    struct stat was;
    pthread_mutex_lock(&turn);
    int is_new = within(path) && (flags & O_CREAT) && stat(path, &was) != 0;
    if (is_new && is_full()) return (int)no_room();
    int file = (int)syscall(SYS_openat, folder_file, path, flags, mode);
    int before = errno;
    if (file >= 0) opened(file, path, flags, is_new);
    pthread_mutex_unlock(&turn);
    errno = before;
    return file;
}

#define MODE_OF(flags)                                        \
    mode_t mode = 0;                                          \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                  \
        va_list rest;                                         \
        va_start(rest, flags);                                \
        mode = (mode_t)va_arg(rest, int);                     \
        va_end(rest);                                         \
    }

int open(const char *path, int flags, ...) { MODE_OF(flags) return open_noted(AT_FDCWD, path, flags, mode); }
int open64(const char *path, int flags, ...) { MODE_OF(flags) return open_noted(AT_FDCWD, path, flags, mode); }
int openat(int at, const char *path, int flags, ...) { MODE_OF(flags) return open_noted(at, path, flags, mode); }
int openat64(int at, const char *path, int flags, ...) { MODE_OF(flags) return open_noted(at, path, flags, mode); }
int creat(const char *path, mode_t mode) { return open_noted(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode); }
int creat64(const char *path, mode_t mode) { return creat(path, mode); }

int close(int file)
{
    pthread_mutex_lock(&turn);
    if (path_of(file)) {
        free(paths[file]);
        paths[file] = NULL;
    }
    int done = (int)syscall(SYS_close, file);
    pthread_mutex_unlock(&turn);
    return done;
}

ssize_t write(int file, const void *content, size_t length)
{
    if (!path_of(file)) return syscall(SYS_write, file, content, length);
    pthread_mutex_lock(&turn);
    if (is_full()) return no_room();
    struct stat is;
    int appends = fcntl(file, F_GETFL) & O_APPEND;
    off_t at = appends && fstat(file, &is) == 0 ? is.st_size : lseek(file, 0, SEEK_CUR);
    ssize_t done = syscall(SYS_write, file, content, length);
    if (done > 0) note(WRITTEN, paths[file], (uint64_t)at, content, (size_t)done, 0, 0);
    pthread_mutex_unlock(&turn);
    return done;
}

ssize_t pwrite(int file, const void *content, size_t length, off_t at)
{
    if (!path_of(file)) return syscall(SYS_pwrite64, file, content, length, at);
    pthread_mutex_lock(&turn);
    if (is_full()) return no_room();
    ssize_t done = syscall(SYS_pwrite64, file, content, length, at);
    if (done > 0) note(WRITTEN, paths[file], (uint64_t)at, content, (size_t)done, 0, 0);
    pthread_mutex_unlock(&turn);
    return done;
}
ssize_t pwrite64(int file, const void *content, size_t length, off64_t at) { return pwrite(file, content, length, at); }

int ftruncate(int file, off_t length)
{
    pthread_mutex_lock(&turn);
    int done = (int)syscall(SYS_ftruncate, file, length);
    if (done == 0 && path_of(file)) note(CUT, paths[file], (uint64_t)length, "", 0, 0, 0);
    pthread_mutex_unlock(&turn);
    return done;
}
int ftruncate64(int file, off64_t length) { return ftruncate(file, length); }

int truncate(const char *path, off_t length)
{
    pthread_mutex_lock(&turn);
    int done = (int)syscall(SYS_truncate, path, length);
    if (done == 0 && within(path)) note(CUT, within(path), (uint64_t)length, "", 0, 0, 0);
    pthread_mutex_unlock(&turn);
    return done;
}
int truncate64(const char *path, off64_t length) { return truncate(path, length); }

static int synced(int file, long call)
{
    uint64_t began_after = 0;
    pthread_mutex_lock(&turn);
    began_after = count;
    pthread_mutex_unlock(&turn);
    int done = (int)syscall(call, file);
    pthread_mutex_lock(&turn);
    if (done == 0 && path_of(file)) note(SYNCED, paths[file], 0, "", 0, began_after, 0);
    pthread_mutex_unlock(&turn);
    return done;
}
int fsync(int file) { return synced(file, SYS_fsync); }
int fdatasync(int file) { return synced(file, SYS_fdatasync); }

static int renamed(const char *from, const char *to)
{
    pthread_mutex_lock(&turn);
    int done = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    if (done == 0 && within(from) && within(to))
        note(RENAMED, within(from), 0, within(to), strlen(within(to)), 0, 0);
    else if (done == 0 && (within(from) || within(to)))
        note(NOT_UNDERSTOOD, "a rename across the folder", 0, "", 0, 0, 0);
    pthread_mutex_unlock(&turn);
    return done;
}
int rename(const char *from, const char *to) { return renamed(from, to); }
int renameat(int from_at, const char *from, int to_at, const char *to)
{
    if (from[0] == '/' && to[0] == '/') return renamed(from, to);
    return (int)syscall(SYS_renameat, from_at, from, to_at, to);
}

int unlink(const char *path)
{
    pthread_mutex_lock(&turn);
    int done = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    size_t length = strlen(path);
    if (done == 0 && room && within(path) && length > 7 && !strcmp(path + length - 7, "ballast")) *room = -1;
    if (done == 0 && within(path)) note(REMOVED, within(path), 0, "", 0, 0, 0);
    pthread_mutex_unlock(&turn);
    return done;
}
int unlinkat(int at, const char *path, int flags)
{
    pthread_mutex_lock(&turn);
    int done = (int)syscall(SYS_unlinkat, at, path, flags);
    if (done == 0 && within(path)) note(REMOVED, within(path), 0, "", 0, 0, 0);
    pthread_mutex_unlock(&turn);
    return done;
}

int mkdir(const char *path, mode_t mode)
{
    pthread_mutex_lock(&turn);
    int done = (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
    if (done == 0 && within(path)) note(MADE_FOLDER, within(path), 0, "", 0, 0, 0);
    pthread_mutex_unlock(&turn);
    return done;
}

/* Ways of writing that nothing here replays: a recording that has one is refused. */
ssize_t writev(int file, const struct iovec *parts, int how_many)
{
    if (path_of(file)) note(NOT_UNDERSTOOD, "writev", 0, "", 0, 0, 0);
    return syscall(SYS_writev, file, parts, how_many);
}
ssize_t sendfile(int to, int from, off_t *at, size_t length)
{
    if (path_of(to)) note(NOT_UNDERSTOOD, "sendfile", 0, "", 0, 0, 0);
    return syscall(SYS_sendfile, to, from, at, length);
}
ssize_t sendfile64(int to, int from, off64_t *at, size_t length) { return sendfile(to, from, at, length); }
int fallocate(int file, int how, off_t at, off_t length)
{
    if (path_of(file)) note(NOT_UNDERSTOOD, "fallocate", 0, "", 0, 0, 0);
    return (int)syscall(SYS_fallocate, file, how, at, length);
}
int fallocate64(int file, int how, off64_t at, off64_t length) { return fallocate(file, how, at, length); }
int posix_fallocate(int file, off_t at, off_t length) { return fallocate(file, 0, at, length) ? errno : 0; }
int posix_fallocate64(int file, off64_t at, off64_t length) { return posix_fallocate(file, at, length); }

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int done = (int)syscall(SYS_clock_gettime, clock, now);
    if (done || !wrong_by || (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE)) return done;
    int64_t all = (int64_t)now->tv_sec * 1000000000 + now->tv_nsec + *wrong_by;
    now->tv_sec = all / 1000000000;
    now->tv_nsec = all % 1000000000;
    return 0;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec exact;
    (void)zone;
    if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *now)
{
    struct timespec exact;
    if (clock_gettime(CLOCK_REALTIME, &exact)) return -1;
    if (now) *now = exact.tv_sec;
    return exact.tv_sec;
}
