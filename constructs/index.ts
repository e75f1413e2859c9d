// The services.

// What they are given.
export { Certificate, CertManagerProps, SelfSignedProps } from './certificate';
export { Credentials, SecretKeys } from './credentials';
export { CredentialsFile, CredentialsFileProps } from './credentials-file';
export { Database, ExternalDatabaseProps, ExternalTimeSeriesDatabaseProps, TimeSeriesDatabase } from './database';
export { Endpoint, ExternalEndpointProps, IReachable } from './endpoint';
export { Exposure, IExposed, IngressProps, LoadBalancerProps, NodePortProps } from './exposure';
export { Ftps, FtpsProps, PortRange } from './ftps/ftps';
export { Grafana, GrafanaProps } from './grafana/grafana';
export { Images } from './images';
export { InfluxDb, InfluxDbProps, TimeSeriesDatabaseProps } from './influxdb/influxdb';
export { IMonitored, Monitoring, TelegrafInput, TelegrafInputProps } from './monitoring';
export { DatabaseProps, MySql, MySqlProps } from './mysql/mysql';
export { RestrictedNamespace } from './namespace';
export { Nginx, NginxProps, SshProps } from './nginx/nginx';
export { Route } from './nginx/route';
export { Patch } from './patch';
export { PhpMyAdmin, PhpMyAdminProps } from './phpmyadmin/phpmyadmin';
export { Resources } from './resources';
export { ServiceProps } from './service-props';
export { Storage, StorageProps } from './storage';
export { Telegraf, TelegrafProps } from './telegraf/telegraf';
export { WordPress, WordPressProps, WordPressRole, WordPressUser } from './wordpress/wordpress';
