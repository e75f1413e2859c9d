/* Preloaded into Pure-FTPd, which expects to be started as root and to find a syslog daemon. */
#include <grp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* A login gives up the groups of root: here there are none to give up. */
int setgroups(size_t size, const gid_t *list) {
    (void)size, (void)list;
    return 0;
}

/* What Debian's build calls for syslog(3). Lines start as "(login@address) [LEVEL] ". */
void __syslog_chk(int priority, int flag, const char *format, ...) {
    static const char health_check[] = "(?@127.0.0.1) [INFO] ";
    char line[4096], now[32];
    time_t seconds = time(NULL);
    struct tm utc;
    va_list values;

    (void)priority, (void)flag;
    va_start(values, format);
    vsnprintf(line, sizeof line, format, values);
    va_end(values);
    if (strncmp(line, health_check, sizeof health_check - 1) == 0) {
        return;
    }
    for (char *end = line; (end = strchr(end, '\n')) != NULL;) {
        *end = ' ';
    }
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&seconds, &utc));
    dprintf(STDERR_FILENO, "%s pure-ftpd: %s\n", now, line);
}
