import { SynthesizedApp } from '../manifest/app';
import { constructPath } from '../manifest/construct-paths';
import { type KubernetesObject, nameOf, objectsIn } from '../manifest/objects';
import { check, type Outcome, ruleNames, type Violation } from './check';
import { removeConstructMetadata } from './construct-metadata';

/** What cdk8s-cli gives to a validation, as far as it is used here. */
export interface ValidationContext {
  readonly manifests: readonly string[];
  readonly metadata: { [name: string]: { readonly path: string } };
  readonly report: {
    addViolation(violation: ReportedViolation): void;
    submit(status: 'success' | 'failure', metadata?: { readonly [key: string]: string }): void;
  };
  parseManifest(path: string): unknown[];
}

interface ReportedViolation {
  readonly ruleName: string;
  readonly recommendation: string;
  readonly fix: string;
  readonly violatingResources: readonly {
    readonly resourceName: string;
    readonly manifestPath: string;
    readonly locations: readonly string[];
  }[];
}

/** The `properties` of the policy in `cdk8s.yaml`. */
export interface PolicyProps {
  /**
   * Rules that do not hold for this app, by name. For one object, annotate the object instead:
   * `except.cdk8s-services/<rule>: <reason>`.
   * @default - all rules hold
   */
  readonly exceptions?: string[];
}

/**
 * A validation for `cdk8s synth`: what this library's own constructs keep, for everything that an app writes.
 *
 * Turn it on under `validations` in `cdk8s.yaml`. A synth that breaks a rule fails, naming the rule, each object, its
 * construct and the remedy.
 */
export class Policy {
  private readonly exceptions: readonly string[];

  /**
   * @param props What `cdk8s.yaml` says under `properties`.
   */
  public constructor(props: PolicyProps = {}) {
    const { exceptions = [], ...others } = props;
    const [unknown] = Object.keys(others);
    if (unknown !== undefined) {
      throw new Error(`the policy has no property '${unknown}'; use exceptions: [<rule>, …]`);
    }
    if (!Array.isArray(exceptions)) {
      throw new Error(`'exceptions' is ${JSON.stringify(exceptions)}, which is no list; write exceptions: [<rule>, …]`);
    }
    for (const name of exceptions) {
      if (!ruleNames.includes(name)) {
        throw new Error(`'exceptions' names '${name}', which is no rule; use some of ${ruleNames.join(', ')}`);
      }
    }
    this.exceptions = exceptions;
  }

  /**
   * Holds the manifests against the rules, and submits the report.
   *
   * @param context The `ValidationContext` of cdk8s-cli.
   */
  public async validate(context: unknown): Promise<void> {
    const cli = context as ValidationContext;
    const { manifests, metadata, report } = cli;
    const written = new Map(
      manifests.flatMap((manifest) =>
        objectsIn(this._parse(cli, manifest)).map((object) => [object, manifest] as const),
      ),
    );
    const objects = [...written.keys()];
    const outcome = check(new SynthesizedApp(objects), this.exceptions);
    for (const violation of outcome.violations) {
      report.addViolation(reported(violation, written, metadata));
    }
    report.submit(outcome.violations.length === 0 ? 'success' : 'failure', this.summary(objects, outcome));
    removeConstructMetadata(manifests);
  }

  /**
   * The documents of a manifest.
   * @internal
   */
  protected _parse(cli: Pick<ValidationContext, 'parseManifest'>, manifest: string): unknown[] {
    return cli.parseManifest(manifest);
  }

  private summary(objects: readonly KubernetesObject[], { exceptions }: Outcome): { [key: string]: string } {
    const excepted = [
      ...this.exceptions.map((rule) => `${rule}: everywhere`),
      ...exceptions.map(({ object, rule, reason }) => `${rule}: ${nameOf(object)}, ${reason}`),
    ];
    return {
      Rules: `${ruleNames.length}`,
      Objects: `${objects.length}`,
      ...(excepted.length > 0 && { Exceptions: excepted.join('\n') }),
    };
  }
}

/** A violation as cdk8s-cli prints it, with the construct path of each object where it looks for that. */
function reported(
  { rule, findings }: Violation,
  written: ReadonlyMap<KubernetesObject, string>,
  metadata: ValidationContext['metadata'],
): ReportedViolation {
  const { name: ruleName, recommendation, fix } = rule;
  const violatingResources = [...new Set(findings.map(({ object }) => object))].map((object) => {
    const resourceName = nameOf(object);
    const manifestPath = written.get(object) ?? '';
    const path = constructPath(object, written, metadata);
    if (path !== undefined) {
      metadata[resourceName] = { path };
    }
    const locations = findings.filter((finding) => finding.object === object).map(({ text }) => text);
    return { resourceName, manifestPath, locations };
  });
  return { ruleName, recommendation, fix, violatingResources };
}
