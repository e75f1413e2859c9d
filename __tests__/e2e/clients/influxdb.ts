import { Forward, NAMESPACE, secret } from '../cluster/kubectl';
import { Browser, type Reply } from './http';

export interface Series {
  readonly tags?: { readonly [tag: string]: string };
  readonly columns: string[];
  readonly values: (string | number | null)[][];
}

/** A connection to InfluxDB, which is not reachable from outside the cluster by other means. */
export class InfluxDbClient {
  static async open(account = 'influxdb-metrics-reader', namespace = NAMESPACE): Promise<InfluxDbClient> {
    const forward = await Forward.open('pod/influxdb-0', 8086, namespace);
    const user = await secret(account, 'username', namespace);
    return new InfluxDbClient(forward, `${user}:${await secret(account, 'password', namespace)}`);
  }

  /** What `use` finds, over a connection that is closed again. */
  static async use<T>(use: (client: InfluxDbClient) => Promise<T>, account?: string): Promise<T> {
    const client = await InfluxDbClient.open(account);
    try {
      return await use(client);
    } finally {
      client.close();
    }
  }

  private readonly browser: Browser;
  private readonly headers: { [name: string]: string };

  private constructor(
    private readonly forward: Forward,
    login: string,
  ) {
    this.browser = new Browser(`http://127.0.0.1:${forward.port}`);
    this.headers = { Authorization: `Basic ${Buffer.from(login).toString('base64')}` };
  }

  /** Queries that change something are posted. */
  ask(query: string, database = 'metrics', method: 'GET' | 'POST' = 'GET'): Promise<Reply> {
    const words = new URLSearchParams({ db: database, q: query, epoch: 'ms' });
    return this.browser.request(method, `/query?${words}`, { headers: this.headers });
  }

  /** What the server answers to a user with this password. */
  async statusAs(user: string, password: string): Promise<number> {
    const headers = { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` };
    return (await this.browser.get('/query?q=SHOW+DATABASES', { headers })).status;
  }

  anonymously(query: string): Promise<Reply> {
    return this.browser.get(`/query?${new URLSearchParams({ q: query })}`);
  }

  close(): void {
    this.forward.close();
  }

  write(lines: string, database = 'metrics'): Promise<Reply> {
    return this.browser.request('POST', `/write?db=${database}`, { headers: this.headers, body: lines });
  }

  /** The series that a query finds. */
  async query(query: string): Promise<Series[]> {
    const reply = await this.ask(query);
    const result = reply.status === 200 ? JSON.parse(reply.text).results[0] : undefined;
    if (!result || result.error) {
      throw new Error(`expected the points of '${query}', got ${reply.status}: ${reply.text.slice(0, 300)}`);
    }
    return result.series ?? [];
  }

  /** When the oldest or the newest point about a container was measured. */
  async time(order: 'ASC' | 'DESC'): Promise<number> {
    const field = 'SELECT memory_working_set_bytes FROM kubernetes_pod_container';
    return Number((await this.query(`${field} ORDER BY time ${order} LIMIT 1`))[0]?.values[0]?.[0] ?? 0);
  }

  /** Where Telegraf's own readings, one every ten seconds, are further apart. */
  async gaps(from: number, to: number): Promise<string[]> {
    const range = `time >= ${from}ms AND time <= ${to}ms`;
    const [series] = await this.query(`SELECT metrics_gathered FROM internal_agent WHERE ${range}`);
    const moments = (series?.values ?? []).map(([moment]) => Number(moment));
    return [from, ...moments].flatMap((moment, index, all) => {
      const next = all[index + 1] ?? to;
      return next - moment > 15_000 ? [`${new Date(moment).toISOString()} to ${new Date(next).toISOString()}`] : [];
    });
  }
}
