import type { SynthesizedApp } from '../manifest/app';
import type { KubernetesObject } from '../manifest/objects';
import { exceptionRule, exceptionsOf } from './exceptions';
import type { Finding, Rule } from './rule';
import { rules } from './rules';

export const ruleNames: readonly string[] = rules.map(({ name }) => name);

/** A rule, and where it is broken. */
export interface Violation {
  readonly rule: Rule;
  readonly findings: readonly Finding[];
}

/** An object that may break a rule, and does. */
export interface Exception {
  readonly object: KubernetesObject;
  readonly rule: string;
  readonly reason: string;
}

export interface Outcome {
  readonly violations: readonly Violation[];
  readonly exceptions: readonly Exception[];
}

/** Holds everything that an app has written against all rules but some. */
export function check(app: SynthesizedApp, except: readonly string[] = []): Outcome {
  const violations: Violation[] = [];
  const exceptions = new Map<string, Exception>();
  for (const rule of [...rules, exceptionRule(ruleNames)].filter(({ name }) => !except.includes(name))) {
    const findings = rule.check(app).filter(({ object }) => {
      const reason = exceptionsOf(object)[rule.name];
      if (reason) {
        exceptions.set(`${app.objects.indexOf(object)} ${rule.name}`, { object, rule: rule.name, reason });
      }
      return !reason;
    });
    if (findings.length > 0) {
      violations.push({ rule, findings });
    }
  }
  return { violations, exceptions: [...exceptions.values()] };
}
