import { MOST_REPLICAS } from '../constructs/mysql/topology';
import { graph, stat, table } from './panels';
import { POD_SUFFIX, Source } from './query';
import { serviceDashboard } from './service';
import { server } from './variables';

const ALL = Source.service('mysql').by('server');
const MYSQL = Source.service('mysql').where(`"server" =~ /^$server$/`);
const STATES = { Yes: ['yes', 'green'], Connecting: ['connecting', 'orange'], No: ['no', 'red'] } as const;

/** The number of a server beside the first, which every name of its own ends with. */
export const BESIDE_THE_FIRST = `[1-${MOST_REPLICAS}]`;

export const json = () =>
  serviceDashboard({
    podSuffix: `(${POD_SUFFIX}|${BESIDE_THE_FIRST}-0)`,
    variables: [server()],
    health: [stat('Uptime', 's', MYSQL.now('last("uptime")'))],
    traffic: [
      graph('Statements', 'ops', [
        MYSQL.rate('questions', 'all'),
        ...['select', 'insert', 'update', 'delete'].map((verb) => MYSQL.rate(`com_${verb}`, verb)),
      ]),
      graph('Data to and from clients', 'binBps', [
        MYSQL.rate('bytes_received', 'in'),
        MYSQL.rate('bytes_sent', 'out'),
      ]),
    ],
    errors: [
      graph('Connections that fail', 'cps', [
        MYSQL.rate('aborted_connects', 'without a login'),
        MYSQL.rate('aborted_clients', 'clients gone without a word'),
        MYSQL.rate('access_denied_errors', 'access denied'),
        MYSQL.rate('connection_errors_max_connections', 'too many connections'),
      ]),
      graph('Deadlocks', 'cps', [MYSQL.rate('innodb_deadlocks', 'deadlocks')]),
    ],
    saturation: [
      graph('Connections', 'none', [
        MYSQL.max('threads_connected', 'open'),
        MYSQL.max('threads_running', 'at work'),
        MYSQL.max('max_used_connections', 'most so far'),
      ]),
      graph('Waiting for locks', 'none', [
        MYSQL.max('innodb_row_lock_current_waits', 'statements that wait for a row'),
        MYSQL.rate('table_locks_waited', 'waits for a table, per second'),
      ]),
      graph(
        'Pages read from disk, not from memory',
        'percentunit',
        [MYSQL.ratio('innodb_buffer_pool_reads', 'innodb_buffer_pool_read_requests', 'of the pages read')],
        { description: 'The buffer pool is too small where this stays high.' },
      ),
    ],
    own: {
      Replication: [
        graph('Behind the primary', 's', [ALL.max('slave_seconds_behind_master', '$tag_server')], {
          description: 'Above 60 s a replica answers no more reads.',
          warn: 30,
          bad: 60,
        }),
        table(
          'Replicas',
          ALL.rows({
            Receives: 'last("slave_slave_io_running")',
            Applies: 'last("slave_slave_sql_running")',
            Behind: 'last("slave_seconds_behind_master")',
          }),
          {
            server: { title: 'Server' },
            Receives: { words: STATES },
            Applies: { words: STATES },
            Behind: { unit: 's' },
          },
        ),
      ],
      MariaDB: [
        graph('Costly statements', 'ops', [
          MYSQL.rate('slow_queries', 'slow'),
          MYSQL.rate('select_full_join', 'joins without an index'),
          MYSQL.rate('created_tmp_disk_tables', 'temporary tables on disk'),
        ]),
        graph('Data files', 'binBps', [
          MYSQL.rate('innodb_data_read', 'read'),
          MYSQL.rate('innodb_data_written', 'written'),
        ]),
      ],
    },
  });
