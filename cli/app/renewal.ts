import type { Environment } from '../terminal/screen';

/** Certificates that expire sooner are made anew: a month in which somebody runs `up` again. */
const RENEWAL_DAYS = 30;

/** What a `CredentialsFile` is told to make anew. */
export function renewal(rotate: readonly string[] = []): Environment {
  const day = new Date(Date.now() + RENEWAL_DAYS * 24 * 60 * 60 * 1000).toISOString();
  return { CDK8S_SERVICES_ROTATE: rotate.join(','), CDK8S_SERVICES_RENEW_BEFORE: day };
}
