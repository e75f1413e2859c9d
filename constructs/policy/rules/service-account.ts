import type { KubernetesObject } from '../../manifest/objects';
import type { PodSpec } from '../../manifest/pods';
import { eachPod, type Rule } from '../rule';

interface ServiceAccount extends KubernetesObject {
  readonly automountServiceAccountToken?: boolean;
}

export const serviceAccountToken: Rule = {
  name: 'service-account-token',
  recommendation: 'A pod has a token for the API server only if it has an account of its own, with the rights it uses',
  fix: 'set automountServiceAccountToken to false, or serviceAccountName to an account of its own',
  check: eachPod(({ object, spec }, app) => {
    const account = spec.serviceAccountName || spec.serviceAccount || 'default';
    const declared = app
      .beside<ServiceAccount>(object, 'ServiceAccount')
      .find(({ metadata }) => metadata.name === account);
    const mounted = spec.automountServiceAccountToken ?? declared?.automountServiceAccountToken ?? true;
    const projected = (spec.volumes ?? []).filter(isToken).map(({ name }) => ` by volume '${name}'`);
    const ways = account === 'default' ? [...(mounted ? [''] : []), ...projected] : [];
    return ways.map((way) => `the token of the account 'default' is mounted${way}`);
  }),
};

function isToken({ projected }: NonNullable<PodSpec['volumes']>[number]): boolean {
  const { sources = [] } = (projected ?? {}) as { sources?: { serviceAccountToken?: object }[] };
  return sources.some(({ serviceAccountToken }) => serviceAccountToken !== undefined);
}
