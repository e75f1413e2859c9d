import type { Construct } from 'constructs';
import { checkName, type Instance, type Labels } from '../private/names';
import { problem } from '../private/problems';

export interface TopologyProps {
  readonly readReplicas?: number;
  readonly primary?: number;
}

/**
 * The most read replicas of a server. The primary sends every write to each of them. Servers are numbered from 0, the primary
 * included, and dashboards and alerts tell their pods from those of other services by a number of one digit.
 */
export const MOST_REPLICAS = 8;
const SERVERS_OF = 'cdk8s-services/servers-of';
const ROLE = 'cdk8s-services/role';

/** The servers by their numbers, which of them takes writes, and what each is called. */
export class Topology {
  public readonly servers: readonly number[];
  private readonly primary: number;

  constructor(
    scope: Construct,
    private readonly instance: Instance,
    { readReplicas = 0, primary = 0 }: TopologyProps,
  ) {
    const possible = Number.isInteger(readReplicas) && readReplicas >= 0 && readReplicas <= MOST_REPLICAS;
    if (!possible) {
      problem(scope, `'readReplicas' is ${readReplicas}; use a whole number from 0 to ${MOST_REPLICAS}`);
    }
    this.servers = Array.from({ length: possible ? readReplicas + 1 : 1 }, (_, number) => number);
    if (possible && !this.servers.includes(primary)) {
      const all = this.isReplicated ? `a number from 0 to ${readReplicas}` : '0, or leave it out';
      problem(scope, `'primary' is ${primary}, but the servers are ${this.servers.join(', ')}; use ${all}`);
    }
    this.primary = primary;
    if (this.isReplicated) {
      // the longest name of its StatefulSets
      checkName(scope, 'id', this.host(readReplicas));
    }
  }

  public get isReplicated(): boolean {
    return this.servers.length > 1;
  }

  /** The instance of one server. The first is named like a single server, so that one can become several. */
  public server(number: number): Instance {
    const { instance } = this;
    if (!this.isReplicated) {
      return instance;
    }
    const name = number === 0 ? instance.name : this.host(number);
    const own = { 'app.kubernetes.io/instance': name };
    return {
      ...instance,
      name,
      selector: { ...instance.selector, ...own },
      labels: { ...instance.labels, ...own, ...this.withRole(number === this.primary ? 'primary' : 'replica') },
    };
  }

  /** Where a server is found by the others, whatever its role. */
  public host(number: number): string {
    return `${this.instance.name}-${number}`;
  }

  /** The label that the pods of all servers have. */
  public get common(): Labels {
    return { [SERVERS_OF]: this.instance.name };
  }

  public withRole(role: 'primary' | 'replica'): Labels {
    return { ...this.common, [ROLE]: role };
  }

  /** The environment that tells the image a server's role; empty for a single server. */
  public env(number: number): { readonly [name: string]: string } {
    return this.isReplicated
      ? {
          ROLE: number === this.primary ? 'primary' : 'replica',
          SERVER_NUMBER: `${number}`,
          PRIMARY_HOST: this.host(this.primary),
          PEERS: this.servers
            .filter((other) => other !== number)
            .map((other) => this.host(other))
            .join(' '),
        }
      : {};
  }
}
