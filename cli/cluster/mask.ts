import { isSecret } from '../../constructs/manifest/secret-value';
import { isFields } from './difference';

/** What is shown in place of a secret. */
export const HIDDEN = '(not shown)';

const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----/;
/** `password = abc`, `"token": "abc"`, `--api-key=abc`. */
const ASSIGNMENT =
  /((?:passwo?r?d|passphrase|secret|token|credentials?|(?:api|access|private|secret|encryption|signing)[._-]?key|(?:^|[\s._+-])(?:pass|pwd|auth))\d*["']?\s*(?:=>|[=:])\s*)("[^"]*"|'[^']*'|[^\s,;]+)/gim;
const URL = /([a-z][a-z0-9+.-]*:\/\/[^/?#\s:@]*:)[^/?#\s@]+@/gi;
const HARMLESS = /^["']?(|true|false|yes|no|on|off|null|\$\S+)["']?$/i;

/** A text without the passwords that are written in it. */
export function withoutSecrets(text: string): string {
  if (PRIVATE_KEY.test(text)) {
    return HIDDEN;
  }
  return text
    .replace(URL, `$1${HIDDEN}@`)
    .replace(ASSIGNMENT, (all, name: string, value: string) => (HARMLESS.test(value) ? all : `${name}${HIDDEN}`));
}

/** Whether a value of this name is not to be shown at all. */
export function isHidden(name: string, value: unknown): boolean {
  return typeof value === 'string' && isSecret(name, value);
}

/** A value as it may be shown: texts without passwords, and no variable that looks like one. */
export function masked(value: unknown): unknown {
  if (typeof value === 'string') {
    return withoutSecrets(value);
  }
  if (Array.isArray(value)) {
    return value.map(masked);
  }
  if (!isFields(value)) {
    return value;
  }
  const { name } = value;
  return Object.fromEntries(
    Object.entries(value).map(([field, content]) => {
      const called = field === 'value' && typeof name === 'string' ? name : field;
      return [field, isHidden(called, content) ? HIDDEN : masked(content)];
    }),
  );
}
