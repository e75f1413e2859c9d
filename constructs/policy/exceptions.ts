import type { KubernetesObject } from '../manifest/objects';
import type { Rule } from './rule';

/** `except.cdk8s-services/probes: the reason` on an object is an exception from the rule `probes`. */
const PREFIX = 'except.cdk8s-services/';

/** The rules that an object is excepted from, and why. */
export function exceptionsOf({ metadata }: KubernetesObject): { [rule: string]: string } {
  return Object.fromEntries(
    Object.entries(metadata.annotations ?? {})
      .filter(([key]) => key.startsWith(PREFIX))
      .map(([key, reason]) => [key.slice(PREFIX.length), `${reason}`.trim()]),
  );
}

/** The rule about exceptions themselves. */
export function exceptionRule(names: readonly string[]): Rule {
  return {
    name: 'exception',
    recommendation: 'An exception is from a rule that there is, and says why',
    fix: `annotate the object with ${PREFIX}<rule>: <reason>; the rules are ${names.join(', ')}`,
    check: ({ objects }) =>
      objects.flatMap((object) =>
        Object.entries(exceptionsOf(object)).flatMap(([rule, reason]) => {
          const problem = names.includes(rule) ? reason === '' && 'has no reason' : 'names no rule';
          return problem ? [{ object, text: `annotation ${PREFIX}${rule} ${problem}` }] : [];
        }),
      ),
  };
}
