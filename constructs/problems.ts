import type { IConstruct } from 'constructs';

/** Reports a mistake at synth, together with all others, under the path of the construct. */
export function problem(scope: IConstruct, message: string): void {
  scope.node.addValidation({ validate: () => [message] });
}

/** A required prop; where a program without types left it out, that is reported and `missing` stands in for it. */
export function required<T>(
  scope: IConstruct,
  prop: string,
  value: T | undefined,
  remedy: string,
  missing: () => T,
): T {
  if (value === undefined || value === null) {
    problem(scope, `'${prop}' is missing; ${remedy}`);
    return missing();
  }
  return value;
}
