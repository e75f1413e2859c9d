/* Preloaded into Pure-FTPd, which expects to be started as root and to find a syslog daemon. */
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

/* A login gives up the groups of root: here there are none to give up. */
int setgroups(size_t size, const gid_t *list) {
    (void)size, (void)list;
    return 0;
}

/* It becomes the user of the account: here that is who it is already, in the group that it has. */
int setgid(gid_t group) {
    (void)group;
    return 0;
}

int setegid(gid_t group) {
    (void)group;
    return 0;
}

/* A daemon begins to listen before the one that it replaces ends. Each port of data is one session's alone. */
int bind(int socket, const struct sockaddr *address, socklen_t length) {
    const struct sockaddr_in *in = (const struct sockaddr_in *)address;
    int on = 1;
    if (ntohs(in->sin_port) == 2121) {
        setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    }
    return (int)syscall(SYS_bind, socket, address, length);
}

/* What happened since the pod started. All sessions share the file; serve-figures reads it. */
struct figures {
    uint64_t logins, failed_logins, uploads, uploaded_bytes, downloads, downloaded_bytes;
};

static struct figures *figures(void) {
    static struct figures unseen, *shared = NULL;
    if (shared == NULL) {
        int file = open("/tmp/ftpd/figures", O_RDWR | O_CLOEXEC);
        void *memory = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        shared = memory == MAP_FAILED ? &unseen : memory;
        close(file);
    }
    return shared;
}

static void add(uint64_t *figure, uint64_t value) { __atomic_add_fetch(figure, value, __ATOMIC_RELAXED); }

static int ends_with(const char *text, size_t length, const char *end) {
    size_t size = strlen(end);
    return length >= size && strncmp(text + length - size, end, size) == 0;
}

/* Names of files are anybody's, so that a line is told by its beginning or its end. */
static void count(const char *message) {
    static const char failed[] = "Authentication failed for user [";
    const char *size = strrchr(message, '(');
    unsigned long long bytes;

    if (strncmp(message, failed, sizeof failed - 1) == 0) {
        add(&figures()->failed_logins, 1);
    } else if (ends_with(message, strlen(message), " is now logged in")) {
        add(&figures()->logins, 1);
    } else if (size != NULL && sscanf(size, "(%llu bytes, %*fKB/sec)", &bytes) == 1) {
        if (ends_with(message, size - message, " uploaded  ")) {
            add(&figures()->uploads, 1);
            add(&figures()->uploaded_bytes, bytes);
        } else if (ends_with(message, size - message, " downloaded  ")) {
            add(&figures()->downloads, 1);
            add(&figures()->downloaded_bytes, bytes);
        }
    }
}

static const char *level_of(int priority) {
    switch (LOG_PRI(priority)) {
        case LOG_DEBUG: return "debug";
        case LOG_INFO: case LOG_NOTICE: return "info";
        case LOG_WARNING: return "warning";
        default: return "error";
    }
}

/* What Debian's build calls for syslog(3). Lines start as "(login@address) [LEVEL] ". */
void __syslog_chk(int priority, int flag, const char *format, ...) {
    static const char health_check[] = "(?@127.0.0.1) [INFO] ";
    char line[4096], now[32];
    const char *message;
    time_t seconds = time(NULL);
    struct tm utc;
    va_list values;

    (void)flag;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if ((message = strstr(line, "] ")) != NULL) {
        count(message + strlen("] "));
    }
    if (strncmp(line, health_check, sizeof health_check - 1) == 0) {
        return;
    }
    for (char *end = line; (end = strchr(end, '\n')) != NULL;) {
        *end = ' ';
    }
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));
    dprintf(STDERR_FILENO, "%s %s pure-ftpd: %s\n", now, level_of(priority), line);
}
