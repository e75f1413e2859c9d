/** The services that an installation can do without. */
export const OPTIONAL = ['phpmyadmin', 'ftps', 'influxdb', 'telegraf', 'grafana'];

/** When an instance is there; undefined if always. */
export function presence(instance: string): string | undefined {
  return OPTIONAL.includes(instance) ? `.Values.${instance}.enabled` : undefined;
}

/** When one of these is there; undefined if always. */
export function presenceOfAny(instances: string[]): string | undefined {
  const conditions = [...new Set(instances)].map(presence);
  if (conditions.length === 0 || conditions.includes(undefined)) {
    return undefined;
  }
  return conditions.length === 1 ? conditions[0] : `or ${conditions.join(' ')}`;
}
