import type { Credentials } from '../credentials';
import type { IReachable } from '../endpoint';
import { TelegrafInput } from '../monitoring';

/** Of the server's 500 status variables, those by which one sees how it fares. */
const FIGURES = [
  'aborted_*',
  'access_denied_errors',
  'bytes_*',
  'com_delete',
  'com_insert',
  'com_select',
  'com_update',
  'connection*',
  'created_tmp_*',
  'innodb_buffer_pool_*',
  'innodb_data_*',
  'innodb_deadlocks',
  'innodb_row_lock_*',
  'max_used_connections',
  'open_files',
  'open_tables',
  'queries',
  'questions',
  'rows_*',
  'select_*',
  'slow_queries',
  'sort_*',
  'table_locks_*',
  'threads_*',
  'uptime',
];

/** How a replica follows. */
const OF_REPLICATION = ['slave_seconds_behind_master', 'slave_slave_io_running', 'slave_slave_sql_running'];

/** What Telegraf reads of a server. */
export function figures(endpoint: IReachable, credentials: Credentials): TelegrafInput {
  return input(endpoint, credentials, { fieldinclude: FIGURES });
}

/** The same, with how it replicates. */
export function figuresOfOneOfSeveral(endpoint: IReachable, credentials: Credentials): TelegrafInput {
  const fieldinclude = [...FIGURES, ...OF_REPLICATION];
  return input(endpoint, credentials, { gather_slave_status: true, mariadb_dialect: true, fieldinclude });
}

function input(endpoint: IReachable, credentials: Credentials, options: object): TelegrafInput {
  const servers = ['${username}:${password}@tcp(${host}:${port})/'];
  return new TelegrafInput({
    plugin: 'mysql',
    options: { servers, metric_version: 2, ...options },
    endpoint,
    credentials,
  });
}
