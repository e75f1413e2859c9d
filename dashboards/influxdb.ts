import { graph, stat } from './panels';
import { Source } from './query';
import { serviceDashboard } from './service';
import { database } from './variables';

const HTTP = Source.service('influxdb_httpd');
const WRITE = Source.service('influxdb_write');
const QUERY = Source.service('influxdb_queryExecutor');
const MEANS = Source.service('influxdb_cq');
const CHOSEN = '"database" =~ /^$database$/';
const DATABASE = Source.service('influxdb_database').where(CHOSEN).by('database');
const CACHE = Source.service('influxdb_tsm1_cache').where(CHOSEN).by('database', 'id');
const SHARD = Source.service('influxdb_shard').where(CHOSEN).by('database', 'id');
const ENGINE = Source.service('influxdb_tsm1_engine').where(CHOSEN).by('id');

export const json = () =>
  serviceDashboard({
    variables: [database()],
    health: [stat('Uptime', 's', Source.service('influxdb_system').now('last("uptime")'))],
    traffic: [
      graph('Points', 'wps', [HTTP.rate('pointsWrittenOK', 'written')]),
      graph('Requests', 'reqps', [HTTP.rate('writeReq', 'writes'), HTTP.rate('queryReq', 'queries')]),
    ],
    errors: [
      graph('Errors', 'cps', [
        HTTP.rate('clientError', 'of clients'),
        HTTP.rate('serverError', 'of the server'),
        HTTP.rate('authFail', 'failed logins'),
        WRITE.rate('writeError', 'of writes'),
        WRITE.rate('writeTimeout', 'writes timed out'),
      ]),
      graph('Points lost', 'wps', [
        HTTP.rate('pointsWrittenFail', 'failed'),
        HTTP.rate('pointsWrittenDropped', 'dropped'),
      ]),
      graph('Means', 'cps', [MEANS.rate('queryFail', 'failed'), MEANS.rate('queryOk', 'made')], {
        description: 'One of each measurement at a time. The log says which failed, and why.',
      }),
    ],
    saturation: [
      graph('At work', 'none', [QUERY.max('queriesActive', 'queries'), HTTP.max('writeReqActive', 'writes')], {
        description: 'At 20 queries at once, further ones are refused.',
        warn: 15,
        bad: 20,
      }),
      graph('Series', 'none', [DATABASE.max('numSeries', '$tag_database')], {
        description: 'At 50 000 in one database, points of new series are dropped.',
        warn: 40_000,
        bad: 50_000,
      }),
      graph('Cache of what is not yet in files', 'bytes', [CACHE.sum('memBytes', '$tag_database', 'database')], {
        description: 'At 64 MiB in one shard, writes are refused.',
      }),
    ],
    own: {
      InfluxDB: [
        graph('Time per request', 'ns', [
          QUERY.ratio('queryDurationNs', 'queriesFinished', 'query'),
          HTTP.ratio('writeReqDurationNs', 'writeReq', 'write'),
        ]),
        graph('Disk', 'bytes', [SHARD.sum('diskBytes', '$tag_database', 'database')]),
        graph('Compactions that wait', 'none', [
          ENGINE.sum('tsmLevel1CompactionQueue', 'level 1'),
          ENGINE.sum('tsmLevel2CompactionQueue', 'level 2'),
          ENGINE.sum('tsmLevel3CompactionQueue', 'level 3'),
          ENGINE.sum('tsmFullCompactionQueue', 'full'),
        ]),
      ],
    },
  });
