import type { IConstruct } from 'constructs';

/** Reports a mistake at synth, together with all others, under the path of the construct. */
export function problem(scope: IConstruct, message: string): void {
  scope.node.addValidation({ validate: () => [message] });
}

/** A required prop; where a program without types left it out, or has another kind, that is reported and `missing` stands in. */
export function required<T>(
  scope: IConstruct,
  prop: string,
  value: T | undefined,
  remedy: string,
  missing: () => T,
  kind?: { readonly name: string; [Symbol.hasInstance](value: unknown): boolean },
): T {
  if (value === undefined || value === null) {
    problem(scope, `'${prop}' is missing; ${remedy}`);
    return missing();
  }
  if (kind && !(value instanceof kind)) {
    problem(scope, `'${prop}' is no ${kind.name}; ${remedy}`);
    return missing();
  }
  return value;
}

/**
 * Whether a value is a text of that form. A regular expression alone would read a value that is missing as the text
 * 'undefined'.
 */
export function isText(form: RegExp, value: unknown): value is string {
  return typeof value === 'string' && form.test(value);
}
