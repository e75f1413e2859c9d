import { X509Certificate } from 'node:crypto';
import type { Entry } from './credentials-store';
import { secretName } from './secret-values';

/** The variables in which the command line tells an app what to make anew. */
const ROTATE = 'CDK8S_SERVICES_ROTATE';
const RENEW_BEFORE = 'CDK8S_SERVICES_RENEW_BEFORE';

/** What is to be made anew though it is there: passwords that are named, certificates that expire soon. */
export class Renewal {
  private readonly wanted = new Set((process.env[ROTATE] ?? '').split(/[\s,]+/).filter((name) => name !== ''));
  private readonly before = process.env[RENEW_BEFORE];
  private readonly known = new Set<string>();
  private readonly done = new Set<string>();

  /** Whether a value of a Secret is to be replaced, once in a run. */
  public replaces(secret: string, key: string): boolean {
    this.known.add(secret);
    const name = namesOf(secret).find((name) => this.wanted.has(name));
    if (name === undefined || this.done.has(`${secret} ${key}`)) {
      return false;
    }
    this.done.add(`${secret} ${key}`);
    return true;
  }

  /** Whether a certificate in PEM expires before the day of CDK8S_SERVICES_RENEW_BEFORE. */
  public expires(pem: Entry, file: string): boolean {
    if (this.before === undefined || pem[file] === undefined) {
      return false;
    }
    return Date.parse(new X509Certificate(pem[file]).validTo) < Date.parse(this.before);
  }

  /** What was asked for and cannot be done. */
  public mistakes(): string[] {
    const isDay = this.before === undefined || !Number.isNaN(Date.parse(this.before));
    const names = new Set([...this.known].flatMap(namesOf));
    const known = [...this.known].map(secretName).sort();
    return [
      ...(isDay ? [] : [`${RENEW_BEFORE} is '${this.before}', which is no time; use one such as '2027-01-31'`]),
      ...[...this.wanted]
        .filter((name) => !names.has(name))
        .map(
          (name) =>
            `${ROTATE} names '${name}', which holds nothing that can be rotated; use ${known.join(', ')} or all`,
        ),
    ];
  }
}

/** The names by which a rotation can ask for a Secret. */
function namesOf(secret: string): string[] {
  return [secret, secretName(secret), 'all'];
}
