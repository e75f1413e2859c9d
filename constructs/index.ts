// The services.

// What they are given.
export { Autoscaling } from './autoscaling';
export { BackedUp, IBackedUp } from './backed-up';
export { Backup, BackupProps, KeepProps } from './backup/backup';
export { BackupTarget, S3Props } from './backup/target';
export { BlueGreen, BlueGreenProps } from './blue-green/blue-green';
export { Certificate, CertManagerProps, SelfSignedProps } from './certificate';
export { Credentials, SecretKeys } from './credentials';
export { CredentialsFile, CredentialsFileProps } from './credentials-file';
export { Database, ExternalDatabaseProps, ExternalTimeSeriesDatabaseProps, TimeSeriesDatabase } from './database';
export { Endpoint, ExternalEndpointProps, IReachable } from './endpoint';
export { Exposure, IExposed, IngressProps, LoadBalancerProps, NodePortProps } from './exposure';
export { DataAccess, InitContainer, Sidecar } from './extra-containers';
export { Ftps, FtpsProps, PortRange } from './ftps/ftps';
export { GatewayProps } from './gateway';
export { ContactPoint, EmailProps, IntegrationProps, WebhookProps } from './grafana/contact-point';
export { Grafana, GrafanaProps } from './grafana/grafana';
export { HealthCheck } from './health-check';
export { Images, RegistryProps } from './images';
export { Downsampling, MeansProps } from './influxdb/downsampling';
export { InfluxDb, InfluxDbProps, TimeSeriesDatabaseProps } from './influxdb/influxdb';
export { IMonitored, Monitoring, TelegrafInput, TelegrafInputProps } from './monitoring';
export { DatabaseProps, MySql, MySqlProps } from './mysql/mysql';
export { RestrictedNamespace } from './namespace';
export { Nginx, NginxProps, SshProps } from './nginx/nginx';
export { Route } from './nginx/route';
export { Patch } from './patch';
export { PhpMyAdmin, PhpMyAdminProps } from './phpmyadmin/phpmyadmin';
export { Policy, PolicyProps } from './policy/policy';
export { Resources, Sizes } from './resources';
export { ServiceProps } from './service-props';
export { Storage, StorageProps } from './storage';
export { Quota } from './team/quota';
export { Subject } from './team/subject';
export { Team, TeamProps } from './team/team';
export { Telegraf, TelegrafProps } from './telegraf/telegraf';
export { WordPress, WordPressProps, WordPressRole, WordPressUser } from './wordpress/wordpress';
