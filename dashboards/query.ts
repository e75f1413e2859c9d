import type { Builder, Dataquery } from '@grafana/grafana-foundation-sdk/cog';

export const DATASOURCE = { type: 'influxdb', uid: 'influxdb' };

/** Several instances may have names that begin alike: what follows the name is of a Deployment or a StatefulSet. */
const OWN_NAMES = `"pod_name" =~ /^\${service}-[a-z0-9]+(-[a-z0-9]{5})?$/`;
const OWN_PODS = `"namespace" = '$namespace' AND ${OWN_NAMES}`;

/** The namespaces in which there are pods of this name: figures of two are never added up. */
export const NAMESPACES = `SHOW TAG VALUES FROM "kubernetes_pod_container" WITH KEY = "namespace" WHERE ${OWN_NAMES}`;

const PER_SECOND = (field: string) => `non_negative_derivative(last("${field}"), 1s)`;

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
    return new Query(this.query, this.alias, this.resultFormat, String.fromCharCode('A'.charCodeAt(0) + index));
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
  public static pods(measurement: string): Source {
    return new Source(measurement, OWN_PODS);
  }

  public static service(measurement: string): Source {
    return new Source(measurement, `"service" = '\${service}'`);
  }

  public static all(measurement: string): Source {
    return new Source(measurement);
  }

  private constructor(
    private readonly measurement: string,
    private readonly condition?: string,
    private readonly tags: string[] = [],
  ) {}

  public where(condition: string): Source {
    return new Source(this.measurement, this.condition ? `${this.condition} AND ${condition}` : condition, this.tags);
  }

  public by(...tags: string[]): Source {
    return new Source(this.measurement, this.condition, tags);
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

  /** How much of one counter there is for each of another, such as the time that a query takes. */
  public ratio(field: string, divisor: string, alias: string): Query {
    return this.over(`${PER_SECOND(field)} / ${PER_SECOND(divisor)}`, alias);
  }

  /** The sum over the tags, over time, told apart by some of them. */
  public sum(field: string, alias: string, ...tags: string[]): Query {
    const each = this.select(`last("${field}") AS "value"`, ['time($__interval)', ...this.quoted()]);
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
  public across(aggregate: 'max' | 'mean' | 'sum', expression: string): Query {
    const each = this.select(`${expression} AS "value"`, this.quoted());
    return new Query(`SELECT ${aggregate}("value") FROM (${each}) WHERE $timeFilter`, '');
  }

  /** A row for each of the tags. */
  public rows(columns: { [name: string]: string }): Query {
    const expressions = Object.entries(columns).map(([name, expression]) => `${expression} AS "${name}"`);
    return new Query(this.select(expressions.join(', '), this.quoted()), '', 'table');
  }

  private select(expression: string, groups: string[]): string {
    const where = [this.condition, '$timeFilter'].filter(Boolean).join(' AND ');
    const by = groups.length > 0 ? ` GROUP BY ${groups.join(', ')}` : '';
    return `SELECT ${expression} FROM "${this.measurement}" WHERE ${where}${by}`;
  }

  private quoted(): string[] {
    return this.tags.map((tag) => `"${tag}"`);
  }
}
