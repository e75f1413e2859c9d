import { selects } from '../../../constructs/manifest/objects';
import { namespaceIn, ofKind, type Program } from '../../app/objects';
import type { Pod } from '../../cluster/object';
import { lastLine } from '../../terminal/lines';
import { type Check, failed } from '../check';
import { NotChecked } from '../not-checked';

/** What every cluster has a name for. */
const NAME = 'kubernetes.default.svc';
/** A resolver that a policy hides never answers. */
const SECONDS = 8;
/** Not every image has a program that asks. */
const MOST = 3;

/** Whether a pod of the app can resolve names: its network policy and its resolver have to agree. */
export const names: Check = {
  name: 'names',
  async run(facts) {
    const program = await facts.program();
    const pods = (await facts.beside('pods')) as unknown as readonly Pod[];
    const asking = pods.filter((pod) => isReady(pod) && mayAsk(program, pod)).slice(0, MOST);
    let reason = 'no pod that may connect to anything is ready';
    for (const pod of asking) {
      const { namespace = '', name } = pod.metadata;
      const inside = ['-n', namespace, 'exec', name, '-c', pod.spec?.containers[0]?.name ?? '', '--'];
      const { ok, lines } = await facts.kubectl(...inside, 'timeout', `${SECONDS}`, 'getent', 'hosts', NAME);
      if (ok) {
        return { text: `${name} resolves ${NAME}` };
      }
      reason = `${name} cannot be asked: ${lastLine(lines)}`;
      // not found, or no answer in time; anything else is about the program that asks
      if (/exit code (2|124)$/.test(lastLine(lines))) {
        return {
          text: '',
          findings: [
            failed(
              `${name} cannot resolve ${NAME}`,
              'its resolver does not answer it; network policies know those of usual clusters (docs/clusters.md)',
              `name that of ${facts.typed(...inside, 'cat', '/etc/resolv.conf')} with ClusterNetwork's 'dns'`,
            ),
          ],
        };
      }
    }
    throw new NotChecked(reason);
  },
};

function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some((condition) => condition.type === 'Ready' && condition.status === 'True');
}

/** Pods that connect to nothing may not ask the resolver either. */
function mayAsk(program: Program, { metadata }: Pod): boolean {
  const policies = ofKind(program.objects, 'NetworkPolicy').filter(
    (policy) =>
      namespaceIn(program, policy) === metadata.namespace &&
      selects(policy.spec?.podSelector ?? {}, metadata.labels ?? {}) &&
      (policy.spec?.policyTypes ?? []).includes('Egress'),
  );
  return policies.length === 0 || policies.some(({ spec }) => (spec?.egress ?? []).length > 0);
}
