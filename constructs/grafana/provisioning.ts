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
/** Grafana refuses a provisioning folder that holds anything but files, so that each file is mounted by itself. */
export const ALERTING = '/etc/grafana/provisioning/alerting';

/** Whether Grafana can tell its dashboards apart by it. */
export function fits(name: string): boolean {
  return NAME.test(name) && name.length <= LONGEST_NAME;
}

/** The dashboards and alert rules that Grafana has from files: those of each service, and those of all together. */
export class Provisioning {
  private readonly dashboards: Files = {};
  private readonly rules: Files = { 'General.json': asset('grafana', 'alerts.json') };
  private readonly services = new Set<string>();

  constructor(
    private readonly scope: Construct,
    private readonly instance: Instance,
  ) {}

  /** Adds the dashboard and the rules of a service, if it has any. */
  public add(service: IMonitored): void {
    const { name, dashboard, alerts } = service.monitoring();
    if (this.services.has(name)) {
      problem(this.scope, `'dashboards' has two services called '${name}'; rename one of them`);
      return;
    }
    this.services.add(name);
    if ((dashboard !== undefined || alerts !== undefined) && !fits(name)) {
      problem(this.scope, `'dashboards' has a service called '${name}'; use up to ${LONGEST_NAME} of a-z, 0-9 and '-'`);
      return;
    }
    const file = `${name}.json`;
    if (isJson(dashboard)) {
      this.dashboards[file] = dashboard.replaceAll('${service}', name);
    } else if (dashboard !== undefined) {
      const remedy = 'pass a dashboard as Grafana exports it';
      problem(this.scope, `'dashboards' has one for '${name}' that is no JSON; ${remedy}`);
    }
    if (isJson(alerts)) {
      this.rules[file] = alerts.replaceAll('${service}', name);
    } else if (alerts !== undefined) {
      const remedy = 'pass rules as Grafana exports them';
      problem(this.scope, `'dashboards' has alerts for '${name}' that are no JSON; ${remedy}`);
    }
  }

  /** Has Grafana forget rules that it was given once, by their `uid`. */
  public deleteAlerts(uids: string[]): void {
    const rules = Object.values(this.rules).map(compact);
    for (const uid of new Set(uids)) {
      if (rules.some((file) => file.includes(`"uid":"${uid}"`))) {
        problem(this.scope, `'deletedAlerts' has '${uid}', which is one of the alerts; leave it out`);
      }
    }
    if (uids.length > 0) {
      const deleteRules = uids.map((uid) => ({ orgId: 1, uid }));
      this.rules['Deleted.json'] = JSON.stringify({ apiVersion: 1, deleteRules });
    }
  }

  /**
   * Makes the ConfigMaps, and returns their files where Grafana looks for them.
   *
   * @param means Whether the database keeps means, which have a dashboard of their own.
   */
  public mounts(means: boolean): Mount[] {
    return [
      ...this.configMap('Overview', DASHBOARDS, { 'Overview.json': asset('grafana', 'overview.json') }),
      ...(means ? this.configMap('History', DASHBOARDS, { 'History.json': asset('grafana', 'history.json') }) : []),
      // one ConfigMap a dashboard: kubectl's annotation `last-applied-configuration` holds 256 KiB at most
      ...Object.entries(this.dashboards).flatMap(([file, content]) =>
        this.configMap(`Dashboard-${file.replace(/\.json$/, '')}`, DASHBOARDS, { [file]: content }),
      ),
      ...this.configMap('Alerts', ALERTING, this.rules),
    ];
  }

  private configMap(id: string, folder: string, files: Files): Mount[] {
    const lines = Object.fromEntries(Object.entries(files).map(([file, json]) => [file, compact(json)]));
    const config = new Config(this.scope, id, { instance: this.instance, suffix: id.toLowerCase(), files: lines });
    return Object.keys(files).map((file) => config.fileAt(file, `${folder}/${file}`));
  }
}

/** Texts of JSON. */
interface Files {
  [file: string]: string;
}

function isJson(text: string | undefined): text is string {
  try {
    JSON.parse(text ?? '');
    return true;
  } catch {
    return false;
  }
}

/** The same JSON on one line. */
function compact(json: string): string {
  return `${JSON.stringify(JSON.parse(json))}\n`;
}
