import { type ApiObject, Chart } from 'cdk8s';
import { Construct } from 'constructs';
import type { Endpoint, IReachable } from '../endpoint';
import type { IExposed } from '../exposure/exposed';
import type { ExposedPort } from '../exposure/exposed-port';
import type { ExposedService } from '../exposure/exposed-service';
import type { Exposure } from '../exposure/exposure';
import { problem } from '../private/problems';

/** What stands in front of two versions of a service. */
export interface BlueGreenProps {
  /** The version that clients reach. */
  readonly active: IExposed;

  /**
   * The other version: the next one before the switch, the last one after it. It runs, and is reached by its own endpoint
   * alone, until it is taken out of the program.
   * @default - there is one version only
   */
  readonly standby?: IExposed;

  /**
   * How the active version is reached, on the service's own ports. The versions themselves need no exposure.
   * @default Exposure.clusterIp()
   */
  readonly exposure?: Exposure;
}

/**
 * One service in two versions, of which clients reach one. Swap `active` and `standby` and apply: all that changes is
 * the selector of one Service, so that new connections go to the other version at once, and open ones end where they
 * are. Each version has an image and a configuration of its own, and to swap back is to have both back.
 *
 * The switch does not check that the version is ready. Apply it as `standby` first, which `cdk8s-services up` ends with
 * an error unless it is ready, and swap then.
 *
 * Both versions use the same data. Give two `WordPress` the same `site` and `database`, and `Storage.shared`; what the
 * new one does to the database, the old one must understand. Logins to phpMyAdmin end at the switch. Versions with a
 * certificate each cannot be behind `Route.proxy`, which would check that of the other one.
 */
export class BlueGreen extends Construct implements IReachable, IExposed {
  /** The Service that is switched. */
  public readonly service: ApiObject;
  /** Where the active version listens in the cluster. */
  public readonly endpoint: Endpoint;
  /** @internal */
  public readonly _exposed: ExposedPort;

  private readonly active: ExposedService;

  /**
   * @param scope The chart of the two versions, or a construct in it.
   * @param id Its name.
   * @param props The versions.
   */
  public constructor(scope: Construct, id: string, props: BlueGreenProps) {
    super(scope, id);
    const active = props?.active?._exposed;
    if (!active) {
      throw new Error(`${this.node.path}: 'active' is missing; pass the version that clients shall reach`);
    }
    this.active = active.service;
    const standby = props.standby?._exposed.service;
    const service = this.active.switchable(this, 'Service', { next: standby, exposure: props.exposure });
    this._exposed = active.of(service);
    this.service = service.object;
    this.endpoint = this._exposed.endpoint;
    this.checkNamespace('active', this.active);
    if (standby) {
      this.checkNamespace('standby', standby);
      this.checkPorts(standby);
      this.node.addValidation({ validate: () => this.dataProblems(standby) });
    }
  }

  private checkNamespace(prop: string, version: ExposedService): void {
    const { namespace } = Chart.of(this);
    if (version.namespace !== namespace) {
      problem(
        this,
        `'${prop}' is in namespace '${version.namespace}', where a Service of '${namespace}' finds no pods; ` +
          'put all three into one chart',
      );
    }
  }

  private checkPorts(standby: ExposedService): void {
    const { active } = this;
    if (standby === active) {
      problem(this, "'standby' is the active version itself; pass the other one, or leave it out");
    } else if (standby.listens !== active.listens) {
      problem(
        this,
        `'standby' listens on ${standby.listens}, but 'active' on ${active.listens}; pass two versions of one service`,
      );
    }
  }

  private dataProblems(standby: ExposedService): string[] {
    const [one, other] = [this.active.data, standby.data];
    if (one.claims.join() !== other.claims.join()) {
      return [
        `'active' keeps its files in ${listed(one.claims)} and 'standby' in ${listed(other.claims)}, so that those of the ` +
          "one are missing in the other; give both the same (WordPress: the same 'site')",
      ];
    }
    return one.claims.length > 0 && (one.singleNode || other.singleNode)
      ? [
          `'active' and 'standby' share ${listed(one.claims)}, which one node can mount at a time, and may be on two; ` +
            'use Storage.shared(...) or Storage.existingShared(...)',
        ]
      : [];
  }
}

function listed(claims: string[]): string {
  return claims.length > 0 ? `the claim ${claims.map((claim) => `'${claim}'`).join(', ')}` : 'no claim';
}
