import { json as ftps } from './ftps';
import { json as grafana } from './grafana';
import { json as influxdb } from './influxdb';
import { json as mysql } from './mysql';
import { json as nginx } from './nginx';
import { json as telegraf } from './telegraf';
import { phpDashboard } from './web';

/** The dashboard of each kind of service, as JSON. */
export const dashboards: { readonly [service: string]: () => string } = {
  ftps,
  grafana,
  influxdb,
  mysql,
  nginx,
  phpmyadmin: phpDashboard,
  telegraf,
  wordpress: phpDashboard,
};
