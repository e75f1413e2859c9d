import type { Credentials } from '../credentials';
import type { IReachable } from '../endpoint';
import { TelegrafInput } from '../monitoring';

/** The status variables that are kept, of some 500 that the server has. */
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

/** The fields of `SHOW SLAVE STATUS` that are kept. */
const OF_REPLICATION = ['slave_seconds_behind_master', 'slave_slave_io_running', 'slave_slave_sql_running'];

/** What Telegraf reads of a server. */
export function figures(endpoint: IReachable, credentials: Credentials): TelegrafInput {
  return input(endpoint, credentials, { fieldinclude: FIGURES });
}

/** The same, and how the server replicates. */
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
