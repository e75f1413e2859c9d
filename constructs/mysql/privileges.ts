/** Who owns a database does everything in it. */
export const OWNER = 'ALL PRIVILEGES';
/** What reading everything of a database takes; EXECUTE for views that call functions. */
export const READ_ALL = 'SELECT, SHOW VIEW, EVENT, TRIGGER, SHOW CREATE ROUTINE, EXECUTE';
/** What following the primary takes, and telling a former one that it is none any more. */
export const FOLLOW = 'REPLICATION SLAVE, READ_ONLY ADMIN';
export const WATCH = 'PROCESS';
export const WATCH_REPLICAS = 'PROCESS, SLAVE MONITOR';
/** What exchanging its tables takes. */
export const EXCHANGE = 'SELECT, INSERT, CREATE, ALTER, DROP';
