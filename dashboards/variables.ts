import * as dashboard from '@grafana/grafana-foundation-sdk/dashboard';
import { ANY_NAMESPACE, DATABASES, DATASOURCE, ownNamespaces, ownPodNames, SERVERS, SERVICES } from './query';

/** Whose figures are shown: one at a time. */
export const ownNamespace = (suffix: string) => variable('namespace', ownNamespaces(suffix));
export const anyNamespace = () => variable('namespace', ANY_NAMESPACE);

/** Of which pods of the service; of all at first. */
export const pod = (suffix: string) => several('pod', ownPodNames(suffix)).allValue('.*');
/** Of which services of the namespace; of all at first, which leaves out the pods of jobs. */
export const service = () => several('service', SERVICES);
/** Of which databases of InfluxDB's; of all at first. */
export const database = () => several('database', DATABASES).allValue('.*');
/** Of which server of MySQL's: one at a time. */
export const server = () => variable('server', SERVERS);

function several(name: string, query: string): dashboard.QueryVariableBuilder {
  return variable(name, query).multi(true).includeAll(true).current({ text: 'All', value: '$__all' });
}

function variable(name: string, query: string): dashboard.QueryVariableBuilder {
  return new dashboard.QueryVariableBuilder(name)
    .datasource(DATASOURCE)
    .query(query)
    .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
    .sort(dashboard.VariableSort.AlphabeticalAsc);
}
