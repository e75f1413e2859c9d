/* Preloaded into Pure-FTPd, which does less than clients expect, or more. */
#define _GNU_SOURCE
#include <ctype.h>
#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

static const char nlst[] = "NLST ";
/* Pure-FTPd's LIST with these options prints names alone, and those of folders and not what is in them. */
static const char list[] = "LIST -1d ";
/* /srv/ftp/<user> is the root of a session. */
static const int depth_of_home = 3;

/* The length of the part of a path that is a session's home. */
static size_t length_of_home(const char *path) {
    size_t length = 0;
    for (int depth = 0; path[length] != '\0' && (path[length] != '/' || depth++ < depth_of_home); length++) {
    }
    return length;
}

/* The mode of what a session calls by this name, or 0. Nothing is told of what is outside its home. */
static mode_t mode_of(const char *name) {
    char here[PATH_MAX], path[2 * PATH_MAX] = "", real[PATH_MAX];
    struct stat found;
    if (getcwd(here, sizeof here) == NULL) {
        return 0;
    }
    const size_t home = length_of_home(here);
    snprintf(path, sizeof path, "%.*s%s", *name == '/' ? (int)home : 0, here, name);
    const int inside = realpath(path, real) != NULL && strncmp(real, here, home) == 0 && strchr("/", real[home]) != NULL;
    return inside && stat(real, &found) == 0 ? found.st_mode : 0;
}

static void skip_options(char **name) {
    while (**name == '-' && mode_of(*name) == 0) {
        *name += strcspn(*name, " ");
        *name += strspn(*name, " ");
    }
}

/* Blanks separate the names that LIST takes; what is in `special` is to be no pattern. */
static void escape(char *to, const char *name, const char *special) {
    if (*name == '-') {
        to = stpcpy(to, "./");
    }
    for (; *name != '\0'; name++) {
        if (strchr(" \\{}", *name) != NULL || strchr(special, *name) != NULL) {
            *to++ = '\\';
        }
        *to++ = *name;
    }
    *to = '\0';
}

/* NLST takes the name of a folder only. One with a file or a pattern becomes the LIST that prints its names. */
static void rewrite(char *line, const char *name) {
    const mode_t mode = mode_of(name);
    if (*name == '\0' || S_ISDIR(mode) || (mode == 0 && strpbrk(name, "*?[") == NULL)) {
        sprintf(line, *name == '\0' ? "NLST" : "%s%s", nlst, name);
    } else {
        escape(stpcpy(line, list), name, mode != 0 ? "*?[" : "");
    }
}

/* What is read from a client: a whole line of the control connection, which is the first of a session. */
int SSL_read(void *connection, void *buffer, int size) {
    static int (*original)(void *, void *, int) = NULL;
    static void *control = NULL;
    char name[PATH_MAX], line[2 * PATH_MAX + sizeof list];
    char *rest = name, *text = buffer;

    if (original == NULL) {
        *(void **)&original = dlsym(RTLD_NEXT, "SSL_read");
    }
    control = control == NULL ? connection : control;
    const int length = original(connection, buffer, size);
    if (connection != control || length <= (int)sizeof nlst || length >= PATH_MAX ||
        strncasecmp(text, nlst, sizeof nlst - 1) != 0 || memchr(text, '\n', length) != text + length - 1) {
        return length;
    }
    int end = length - 1;
    end -= text[end - 1] == '\r';
    snprintf(name, sizeof name, "%.*s", end - (int)(sizeof nlst - 1), text + sizeof nlst - 1);
    rest += strspn(rest, " ");
    skip_options(&rest);
    rewrite(line, rest);
    const int new_length = (int)strlen(line) + 2;
    if (new_length > size) {
        return length;
    }
    memcpy(mempcpy(text, line, new_length - 2), "\r\n", 2);
    return new_length;
}

/* To resume an upload it first gives what is there a name of its own, and would do so with a folder. */
int rename(const char *from, const char *to) {
    static int (*original)(const char *, const char *) = NULL;
    struct stat found;
    const char *base = strrchr(to, '/');

    if (original == NULL) {
        *(void **)&original = dlsym(RTLD_NEXT, "rename");
    }
    base = base == NULL ? to : base + 1;
    if (strncmp(base, ".pureftpd-", strlen(".pureftpd-")) == 0 && stat(from, &found) == 0 && S_ISDIR(found.st_mode)) {
        errno = EISDIR;
        return -1;
    }
    return original(from, to);
}
