import type { Construct } from 'constructs';
import { asset } from '../asset';
import type { IMonitored } from '../monitoring';
import { Config } from '../private/config';
import type { Instance } from '../private/names';
import { problem } from '../private/problems';
import type { Mount } from '../private/volume';

/** Grafana identifies a dashboard by at most 40 characters, of which 'service-' takes eight. */
const LONGEST_NAME = 32;
const NAME = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

const DASHBOARDS = '/etc/grafana/dashboards';
/** Grafana refuses a folder with anything but files in it, so that each is mounted by itself. */
export const ALERTING = '/etc/grafana/provisioning/alerting';

/** Whether Grafana can tell its dashboards apart by it. */
export function fits(name: string): boolean {
  return NAME.test(name) && name.length <= LONGEST_NAME;
}

export interface Provisioned {
  readonly services: IMonitored[];
  /** Whether the database keeps means, which have a dashboard of their own. */
  readonly means: boolean;
  /** The `uid` of each rule that was provisioned once and is no more. */
  readonly deletedAlerts: string[];
}

/** The dashboards and alert rules: those of each service, and those of all together. */
export function provisioned(
  scope: Construct,
  instance: Instance,
  { services, means, deletedAlerts }: Provisioned,
): Mount[] {
  const dashboards: { [file: string]: string } = {};
  const rules: { [file: string]: string } = { 'General.json': compact(asset('grafana', 'alerts.json')) ?? '' };
  const names = new Set<string>();
  for (const service of new Set(services)) {
    const { name, dashboard, alerts } = service.monitoring();
    if (names.has(name)) {
      problem(scope, `'dashboards' has two services called '${name}'; rename one of them`);
      continue;
    }
    names.add(name);
    if ((dashboard !== undefined || alerts !== undefined) && !fits(name)) {
      problem(scope, `'dashboards' has a service called '${name}'; use up to ${LONGEST_NAME} of a-z, 0-9 and '-'`);
      continue;
    }
    const file = `${name}.json`;
    add(
      scope,
      dashboards,
      file,
      of(name, dashboard),
      `one for '${name}' that is no JSON; pass a dashboard as Grafana exports it`,
    );
    add(
      scope,
      rules,
      file,
      of(name, alerts),
      `alerts for '${name}' that are no JSON; pass rules as Grafana exports them`,
    );
  }
  if (deletedAlerts.length > 0) {
    refuseKept(scope, deletedAlerts, Object.values(rules));
    const deleteRules = deletedAlerts.map((uid) => ({ orgId: 1, uid }));
    rules['Deleted.json'] = compact(JSON.stringify({ apiVersion: 1, deleteRules })) ?? '';
  }
  return [
    ...files(scope, 'Overview', instance, DASHBOARDS, {
      'Overview.json': compact(asset('grafana', 'overview.json')) ?? '',
    }),
    ...(means
      ? files(scope, 'History', instance, DASHBOARDS, {
          'History.json': compact(asset('grafana', 'history.json')) ?? '',
        })
      : []),
    // one ConfigMap a dashboard: what `kubectl apply` notes of a single one for all would soon be too long
    ...Object.entries(dashboards).flatMap(([file, content]) =>
      files(scope, `Dashboard-${file.replace(/\.json$/, '')}`, instance, DASHBOARDS, { [file]: content }),
    ),
    ...files(scope, 'Alerts', instance, ALERTING, rules),
  ];
}

function refuseKept(scope: Construct, deleted: string[], rules: string[]): void {
  for (const uid of new Set(deleted)) {
    if (rules.some((file) => file.includes(`"uid":"${uid}"`))) {
      problem(scope, `'deletedAlerts' has '${uid}', which is one of the alerts; leave it out`);
    }
  }
}

function of(name: string, json: string | undefined): string | undefined {
  return json?.replaceAll('${service}', name);
}

function add(
  scope: Construct,
  files: { [file: string]: string },
  file: string,
  json: string | undefined,
  mistake: string,
): void {
  const content = json === undefined ? undefined : compact(json);
  if (content !== undefined) {
    files[file] = content;
  } else if (json !== undefined) {
    problem(scope, `'dashboards' has ${mistake}`);
  }
}

function files(
  scope: Construct,
  id: string,
  instance: Instance,
  folder: string,
  content: { [file: string]: string },
): Mount[] {
  const config = new Config(scope, id, { instance, suffix: id.toLowerCase(), files: content });
  return Object.keys(content).map((file) => config.fileAt(file, `${folder}/${file}`));
}

/** The same JSON on one line. */
function compact(json: string): string | undefined {
  try {
    return `${JSON.stringify(JSON.parse(json))}\n`;
  } catch {
    return undefined;
  }
}
