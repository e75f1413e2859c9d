import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';

export const DATASOURCE = { type: 'influxdb', uid: 'influxdb' };

/** Several instances may have names that begin alike: what follows the name is of a Deployment or a StatefulSet. */
export const POD_SUFFIX = '[a-z0-9]+(-[a-z0-9]{5})?';
const podsOf = (service: string, suffix: string) => `"pod_name" =~ /^${service}-${suffix}$/`;
const ownPods = (suffix: string) => podsOf('${service}', suffix);
/** Figures of two namespaces are never added up. */
const NAMESPACE = `"namespace" = '$namespace'`;

/** The pods of the services that are chosen from all in the namespace. */
const CHOSEN_PODS = `${NAMESPACE} AND ${podsOf('$service', POD_SUFFIX)}`;

const values = (measurement: string, tag: string, where: string) =>
  `SHOW TAG VALUES FROM "${measurement}" WITH KEY = "${tag}" WHERE ${where}`;

/** The namespaces in which there are pods of this name. */
export const ownNamespaces = (suffix: string) => values('kubernetes_pod_container', 'namespace', ownPods(suffix));
export const ownPodNames = (suffix: string) =>
  values('kubernetes_pod_container', 'pod_name', `${NAMESPACE} AND ${ownPods(suffix)}`);
export const DATABASES = values('influxdb_database', 'database', `"service" = '\${service}'`);
export const SERVERS = values('mysql', 'server', `"service" = '\${service}'`);
/** The namespaces in which anything is watched. */
export const ANY_NAMESPACE = 'SHOW TAG VALUES FROM "kubernetes_pod_container" WITH KEY = "namespace"';
/** What runs there, by the names of Deployments and StatefulSets, which are those of the services. */
export const SERVICES =
  'SHOW TAG VALUES FROM "kubernetes_deployment", "kubernetes_statefulset" ' +
  `WITH KEY IN ("deployment_name", "statefulset_name") WHERE ${NAMESPACE}`;

/** How much of the room that a volume has is used. Of a folder of the node's disk that is what it may still take. */
export const USED_SHARE = '1.0 * last("used_bytes") / (last("used_bytes") + last("available_bytes"))';
/** How full the disk is on which a container's logs are, as the kubelet reckons before it removes images and pods. */
export const DISK_SHARE = '1.0 - 1.0 * last("logsfs_available_bytes") / last("logsfs_capacity_bytes")';

export const PER_SECOND = (field: string) => `non_negative_derivative(last("${field}"), 1s)`;

/** A query as the panels of an InfluxDB data source keep it. */
export class Query implements Builder<Dataquery> {
  public constructor(
    private readonly query: string,
    public readonly alias: string,
    private readonly resultFormat: 'time_series' | 'table' = 'time_series',
    private readonly refId = 'A',
  ) {}

  /** The same, as the nth query of a panel. */
  public nth(index: number): Query {
    return this.named(String.fromCharCode('A'.charCodeAt(0) + index));
  }

  /** The same, by a name that other queries and expressions can refer to. */
  public named(refId: string): Query {
    return new Query(this.query, this.alias, this.resultFormat, refId);
  }

  public build(): Dataquery {
    const { query, alias, resultFormat, refId } = this;
    return {
      refId,
      query,
      rawQuery: true,
      resultFormat,
      ...(alias && { alias }),
      _implementsDataqueryVariant() {},
    } as Dataquery;
  }
}

/** A measurement, which of its series are meant, and the tags that tell them apart. */
export class Source {
  /** The pods of a dashboard's service, of which some can be chosen. */
  public static pods(measurement: string, suffix = POD_SUFFIX): Source {
    return new Source(measurement, `${NAMESPACE} AND ${ownPods(suffix)} AND "pod_name" =~ /^$pod$/`);
  }

  public static service(measurement: string): Source {
    return new Source(measurement, `"service" = '\${service}'`);
  }

  /** The pods of the namespace, for the overview. */
  public static anyPods(measurement: string): Source {
    return new Source(measurement, CHOSEN_PODS);
  }

  /** What all services of the namespace say, for the overview. */
  public static anyService(measurement: string): Source {
    return new Source(measurement, `"service" =~ /^$service$/`);
  }

  public static all(measurement: string): Source {
    return new Source(measurement);
  }

  private constructor(
    private readonly measurement: string,
    private readonly condition?: string,
    private readonly tags: string[] = [],
    private readonly ofMeans = false,
  ) {}

  public where(condition: string): Source {
    const both = this.condition ? `${this.condition} AND ${condition}` : condition;
    return new Source(this.measurement, both, this.tags, this.ofMeans);
  }

  public by(...tags: string[]): Source {
    return new Source(this.measurement, this.condition, tags, this.ofMeans);
  }

  /** The same of the means that are kept for longer, as `Downsampling.means` makes them. */
  public means(): Source {
    return new Source(this.measurement, this.condition, this.tags, true);
  }

  /** An expression over time. */
  public over(expression: string, alias: string): Query {
    return new Query(`${this.select(expression, ['time($__interval)', ...this.quoted()])} fill(null)`, alias);
  }

  public mean(field: string, alias: string): Query {
    return this.over(`mean("${field}")`, alias);
  }

  public max(field: string, alias: string): Query {
    return this.over(`max("${field}")`, alias);
  }

  /** How fast a counter grows, per second. A counter that starts anew is no fall. */
  public rate(field: string, alias: string): Query {
    return this.over(PER_SECOND(field), alias);
  }

  /** By how much a counter grew. */
  public rise(field: string, alias: string): Query {
    return this.over(`non_negative_difference(last("${field}"))`, alias);
  }

  /** How much of one counter there is for each of another, such as the time that a query takes. */
  public ratio(field: string, divisor: string, alias: string): Query {
    return this.over(`${PER_SECOND(field)} / ${PER_SECOND(divisor)}`, alias);
  }

  /** The sum over the tags, over time, told apart by some of them. */
  public sum(field: string, alias: string, ...tags: string[]): Query {
    return this.sumOf(`last("${field}")`, alias, ...tags);
  }

  /** The sum of an expression over the tags, over time, told apart by some of them. */
  public sumOf(expression: string, alias: string, ...tags: string[]): Query {
    const each = this.select(`${expression} AS "value"`, ['time($__interval)', ...this.quoted()]);
    const groups = new Source('', undefined, tags).quoted();
    return new Query(
      `SELECT sum("value") FROM (${each}) WHERE $timeFilter GROUP BY ${['time($__interval)', ...groups].join(', ')} fill(null)`,
      alias,
    );
  }

  /** One figure for the time range. */
  public now(expression: string, alias = ''): Query {
    return new Query(this.select(expression, this.quoted()), alias);
  }

  /** One figure for the time range, of those of all tags. Whole numbers divided here are whole again without `1.0 *`. */
  public across(aggregate: 'max' | 'mean' | 'min' | 'sum', expression: string): Query {
    const each = this.select(`${expression} AS "value"`, this.quoted());
    return new Query(`SELECT ${aggregate}("value") FROM (${each}) WHERE $timeFilter`, '');
  }

  /** Of how many tags a figure of 0 or 1 is 0. */
  public zeros(expression: string): Query {
    const each = this.select(`${expression} AS "value"`, this.quoted());
    return new Query(`SELECT count("value") - sum("value") FROM (${each}) WHERE $timeFilter`, '');
  }

  /** By how much counters of all tags grew in the time range. One that starts anew is no fall. */
  public growth(field: string): Query {
    return new Query(`SELECT sum("value") FROM (${this.rises(field)}) WHERE $timeFilter`, '');
  }

  /** The same of one or several counters for each of the tags, as an alert counts. */
  public growthOfEach(...fields: string[]): Query {
    const by = this.quoted().join(', ');
    return new Query(`SELECT sum("value") FROM (${this.rises(...fields)}) WHERE $timeFilter GROUP BY ${by}`, '');
  }

  /** Those of the tags that have the most of an expression, a row for each. */
  public most(count: number, name: string, expression: string): Query {
    const each = this.select(`${expression} AS "value"`, this.quoted());
    const top = ['"value"', ...this.quoted(), count].join(', ');
    return new Query(`SELECT top(${top}) AS "${name}" FROM (${each}) WHERE $timeFilter`, '', 'table');
  }

  /** A row for each of the tags. */
  public rows(columns: { [name: string]: string }): Query {
    const expressions = Object.entries(columns).map(([name, expression]) => `${expression} AS "${name}"`);
    return new Query(this.select(expressions.join(', '), this.quoted()), '', 'table');
  }

  private rises(...fields: string[]): string {
    const differences = fields.map((field) => `non_negative_difference("${field}")`);
    return this.select(`${differences.join(' + ')} AS "value"`, this.quoted());
  }

  private select(expression: string, groups: string[]): string {
    const where = [this.condition, '$timeFilter'].filter(Boolean).join(' AND ');
    const by = groups.length > 0 ? ` GROUP BY ${groups.join(', ')}` : '';
    if (this.ofMeans) {
      const ofMeans = expression.replace(/\("(\w+)"\)/g, '("mean_$1")');
      return `SELECT ${ofMeans} FROM "means"."${this.measurement}" WHERE ${where}${by}`;
    }
    return `SELECT ${expression} FROM "${this.measurement}" WHERE ${where}${by}`;
  }

  private quoted(): string[] {
    return this.tags.map((tag) => `"${tag}"`);
  }
}
