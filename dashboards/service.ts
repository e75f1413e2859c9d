import { dashboardJson, linkTo, linkToHistory, linkToServices, OVERVIEW, spread, TAG } from './dashboard';
import type { Panel } from './panels';
import { failures, health, saturation, traffic } from './pods';
import { POD_SUFFIX } from './query';
import * as variables from './variables';

/** What a service adds to what is known of any pod. */
export interface ServiceRows {
  readonly health?: Panel[];
  readonly traffic?: Panel[];
  readonly errors?: Panel[];
  readonly saturation?: Panel[];
  /** The service's own figures, by the title of their row. */
  readonly own: { readonly [title: string]: Panel[] };
  /** What follows the service's name in those of its pods; that of one Deployment or StatefulSet unless told. */
  readonly podSuffix?: string;
  /** Beside namespace and pod. */
  readonly variables?: ReturnType<typeof variables.pod>[];
}

/** The dashboard of whichever instance `${service}` stands for, as JSON. */
export function serviceDashboard(rows: ServiceRows): string {
  const pods = rows.podSuffix ?? POD_SUFFIX;
  const own = Object.entries(rows.own).map(([title, panels]) => [title, spread(...panels)]);
  return dashboardJson({
    title: '${service}',
    uid: 'service-${service}',
    tags: [TAG],
    variables: [variables.ownNamespace(pods), variables.pod(pods), ...(rows.variables ?? [])],
    links: [linkTo('Overview', OVERVIEW), linkToServices(), linkToHistory()],
    rows: {
      Health: health(pods, ...(rows.health ?? [])),
      Traffic: spread(...traffic(pods), ...(rows.traffic ?? [])),
      Errors: spread(...failures(pods), ...(rows.errors ?? [])),
      Saturation: [...saturation(pods), ...spread(...(rows.saturation ?? []))],
      ...Object.fromEntries(own),
    },
  });
}
