import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Ajv, { type ValidateFunction } from 'ajv';
import schema from './schemas/grafana.json';

export interface Target {
  readonly query: string;
  readonly refId: string;
  readonly alias?: string;
}

export interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly fieldConfig: { readonly defaults: { readonly unit: string; readonly custom?: object } };
  readonly options?: object;
  readonly targets?: Target[];
  readonly timeFrom?: string;
  readonly interval?: string;
}

export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: Panel[];
  readonly templating: { readonly list: { readonly name: string; readonly query: string }[] };
  readonly [field: string]: any;
}

export const OVERVIEW = 'grafana/overview.json';
export const HISTORY = 'grafana/history.json';

/** A file beside a construct. */
export function readConstruct(path: string): string {
  return readFileSync(join(__dirname, '../../constructs', path), 'utf8');
}

export function dashboardAt(path: string): Dashboard {
  return JSON.parse(readConstruct(path));
}

export interface Choice {
  readonly service: string;
  readonly namespace: string;
}

/** A query in which everything is chosen that can be: all pods, services, servers and databases of a namespace. */
export function chosen(query: string, { service, namespace }: Choice): string {
  return query
    .replaceAll('${service}', service)
    .replaceAll('$namespace', namespace)
    .replace(/\$(pod|service|server|database)\b/g, '.*');
}

/** Whether it asks for what a database server tells only where there are several. */
export function isOfReplicas(query: string): boolean {
  return query.includes('"slave_');
}

/** The same of the last `range`, such as '30m', as Grafana sends it to InfluxDB. */
export function ofLast(range: string, query: string): string {
  return query.replaceAll('$timeFilter', `time > now() - ${range}`).replaceAll('$__interval', '30s');
}

const ajv = new Ajv({ allErrors: true, strict: false });
const validators = new Map<object, ValidateFunction>();

function errors(schema: object, value: unknown, where: string): string[] {
  const validate = validators.get(schema) ?? ajv.compile(schema);
  validators.set(schema, validate);
  validate(value);
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${where}${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** What Grafana's published types do not allow in a dashboard. */
export function invalidIn(dashboard: Dashboard): string[] {
  const kinds: { [type: string]: { options: object; custom?: object } } = schema.panels;
  const panels = dashboard.panels.flatMap(({ type, title, options, fieldConfig }) => {
    const kind = kinds[type];
    const custom = fieldConfig?.defaults.custom;
    if (type === 'row') {
      return [];
    }
    return kind
      ? [
          ...errors(kind.options, options, `${title}: options`),
          ...(custom ? errors(kind.custom ?? { not: {} }, custom, `${title}: custom`) : []),
        ]
      : [`${title}: no schema of a panel '${type}'`];
  });
  return [...errors(schema.dashboard, dashboard, ''), ...panels];
}
