/** The privileges of the owner of a database. */
export const OWNER = 'ALL PRIVILEGES';
/** The privileges to read everything of a database; EXECUTE is for views that call functions. */
export const READ_ALL = 'SELECT, SHOW VIEW, EVENT, TRIGGER, SHOW CREATE ROUTINE, EXECUTE';
/** The privileges to replicate from the primary, and to set a former primary read-only. */
export const FOLLOW = 'REPLICATION SLAVE, READ_ONLY ADMIN';
export const WATCH = 'PROCESS';
export const WATCH_REPLICAS = 'PROCESS, SLAVE MONITOR';
/** The privileges to exchange the tables of a database. */
export const EXCHANGE = 'SELECT, INSERT, CREATE, ALTER, DROP';
