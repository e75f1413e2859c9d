import { dashboardJson, linkTo, linkToServices, OVERVIEW, spread, TAG } from './dashboard';
import type { Panel } from './panels';
import { failures, health, saturation, traffic } from './pods';
import * as variables from './variables';

/** What a service adds to what is known of any pod. */
export interface ServiceRows {
  readonly health?: Panel[];
  readonly traffic?: Panel[];
  readonly errors?: Panel[];
  readonly saturation?: Panel[];
  /** The service's own figures, by the title of their row. */
  readonly own: { readonly [title: string]: Panel[] };
  /** Beside namespace and pod. */
  readonly variables?: ReturnType<typeof variables.pod>[];
}

/** The dashboard of whichever instance `${service}` stands for, as JSON. */
export function serviceDashboard(rows: ServiceRows): string {
  const own = Object.entries(rows.own).map(([title, panels]) => [title, spread(...panels)]);
  return dashboardJson({
    title: '${service}',
    uid: 'service-${service}',
    tags: [TAG],
    variables: [variables.ownNamespace(), variables.pod(), ...(rows.variables ?? [])],
    links: [linkTo('Overview', OVERVIEW), linkToServices()],
    rows: {
      Health: health(...(rows.health ?? [])),
      Traffic: spread(...traffic(), ...(rows.traffic ?? [])),
      Errors: spread(...failures(), ...(rows.errors ?? [])),
      Saturation: [...saturation(), ...spread(...(rows.saturation ?? []))],
      ...Object.fromEntries(own),
    },
  });
}
