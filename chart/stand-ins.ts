import type { Amount, Settings } from './settings';

/** A scaler whose numbers Helm puts in. */
const SCALING = { max: 1, memory: 1 };

/** Texts that stand for values until the manifests are written as templates. */
export class StandIns {
  /** By what stands in: what Helm is to put there. */
  private readonly expressions = new Map<string, string>();

  /**
   * @param mark Begins every stand-in. Two synths with different marks tell a value that is only passed on from one that
   * something is worked out from.
   */
  constructor(private readonly mark: string) {}

  /** Settings in which every text is a stand-in, and every scaler is there. */
  settings(answers: {
    readonly issuer: boolean;
    readonly ftpsHost: boolean;
    readonly loadBalancer: boolean;
    readonly resources?: Amount;
  }): Settings {
    return {
      namespace: this.name('.Release.Namespace'),
      nginxHost: this.host('.Values.nginx.host'),
      wordpressHost: this.host('.Values.wordpress.host'),
      grafanaHost: this.host('.Values.grafana.host'),
      ingressClass: this.name('.Values.ingress.className'),
      controller: this.name('.Values.ingress.controllerNamespace'),
      issuer: answers.issuer
        ? { name: this.name('.Values.tls.issuer'), kind: this.name('.Values.tls.issuerKind') }
        : undefined,
      ftpsHost: answers.ftpsHost ? this.host('.Values.ftps.host') : undefined,
      loadBalancer: answers.loadBalancer,
      resources: answers.resources ?? 'small',
      nginxScaling: SCALING,
      wordpressScaling: SCALING,
    };
  }

  /** The texts between the stand-ins, and what Helm is to put in place of these, in turns. */
  split(text: string): string[] {
    const found = new RegExp(`${this.mark}-[a-z-]*-x(?:\\.invalid)?`, 'g');
    const parts: string[] = [];
    let end = 0;
    for (const { 0: standIn, index } of text.matchAll(found)) {
      const expression = this.expressions.get(standIn);
      if (expression === undefined) {
        throw new Error(`'${standIn}' stands for nothing`);
      }
      parts.push(text.slice(end, index), expression);
      end = index + standIn.length;
    }
    return [...parts, text.slice(end)];
  }

  /** Whether a text holds what stands for that. */
  has(text: string, expression: string): boolean {
    return this.split(text).some((part, index) => index % 2 === 1 && part === expression);
  }

  private host(expression: string): string {
    return this.add(expression, '.invalid');
  }

  private name(expression: string): string {
    return this.add(expression, '');
  }

  private add(expression: string, domain: string): string {
    const words = expression
      .replace(/([A-Z])/g, '-$1')
      .toLowerCase()
      .split(/[^a-z]+/);
    const standIn = `${this.mark}-${words.filter((word) => word !== '').join('-')}-x${domain}`;
    this.expressions.set(standIn, expression);
    return standIn;
  }
}
