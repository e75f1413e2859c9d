import { isSameKind } from '../../../constructs/manifest/kinds';
import { quantityOf } from '../../../constructs/manifest/quantity';
import { asWorkloads, type LiveObject, namespaceIn, ofKind } from '../../app/objects';
import { called, type Event, type Pod } from '../../cluster/object';
import { isReady, readiness, reasonOf } from '../../cluster/reasons';
import { wasKilled } from '../../inventory/lock';
import { commandOf } from '../../machine/session';
import { ago } from '../../terminal/words';
import { type Check, type Finding, failed, some, warning } from '../check';

const HELPLESS =
  /CrashLoop|crashed|ImagePull|ImageNeverPull|InvalidImageName|ContainerConfigError|ContainerError|refuse/;
/** A container that was started so often does not do well, though it may run right now. */
const MANY = 5;
const RECENT = 60 * 60 * 1000;
const NEARLY = 0.9;

export const workloads: Check = {
  name: 'workloads',
  async run(facts) {
    const program = await facts.program();
    const wanted = ofKind(program.objects, 'Deployment', 'StatefulSet');
    const [deployments, sets, pods, events] = await Promise.all(
      (['deployments', 'statefulsets', 'pods', 'events'] as const).map((kind) => facts.beside(kind)),
    );
    const live = asWorkloads([...(deployments ?? []), ...(sets ?? [])]).filter((workload) =>
      wanted.some(
        (one) =>
          isSameKind(one, workload) &&
          one.metadata.name === workload.metadata.name &&
          namespaceIn(program, one) === workload.metadata.namespace,
      ),
    );
    const own = (pods ?? []) as unknown as readonly Pod[];
    const seen = [...(events ?? [])].reverse() as unknown as readonly Event[];
    const { profile } = facts.session;
    const findings = await Promise.all(
      live
        .filter((workload) => !isReady(workload))
        .map(async (workload) => {
          const { text, permanent, remedy, log } = reasonOf(workload, own, seen, profile);
          const { namespace = '', name } = workload.metadata;
          const last = log
            ? await facts
                .kubectl(
                  '-n',
                  namespace,
                  'logs',
                  log.pod,
                  '-c',
                  log.container,
                  '--tail=1',
                  `--previous=${log.previous}`,
                )
                .catch(() => undefined)
            : undefined;
          const said = last?.ok && last.lines.length > 0 ? `; its last words: ${last.lines.at(-1)?.slice(0, 160)}` : '';
          const severity = permanent || HELPLESS.test(text) ? failed : warning;
          const mend = /ErrImageNeverPull: image cdk8s-services\//.test(text) ? commandOf(facts.session, 'up') : remedy;
          return severity(
            `${called(workload)} in ${namespace}: ${readiness(workload)}`,
            `${text}${said}`,
            mend ?? facts.typed('-n', namespace, 'describe', workload.kind.toLowerCase(), name),
          );
        }),
    );
    const restless = restarts(
      own.filter(({ metadata }) => !metadata.deletionTimestamp),
      profile,
    );
    const text =
      live.length === 0
        ? 'none is in the cluster yet'
        : `${live.length} of ${wanted.length} are in the cluster, and ready`;
    return { text, findings: [...findings, ...restless] };
  },
};

function restarts(pods: readonly Pod[], profile: string): Finding[] {
  return pods.flatMap(({ metadata: { name, namespace }, status: { containerStatuses = [] } = {} }) =>
    containerStatuses
      .filter(({ ready, restartCount, lastState }) => {
        const ended = Date.parse((lastState?.terminated as { finishedAt?: string } | undefined)?.finishedAt ?? '');
        return ready && restartCount >= MANY && Date.now() - ended < RECENT;
      })
      .map((container) => {
        const { reason, exitCode } = container.lastState?.terminated ?? {};
        const why = reason === 'OOMKilled' ? 'out of memory (OOMKilled)' : `it ended last with exit code ${exitCode}`;
        return warning(
          `container ${container.name} of ${name} was restarted ${container.restartCount} times, last within an hour`,
          why,
          `kubectl --context ${profile} -n ${namespace} logs ${name} -c ${container.name} --previous`,
        );
      }),
  );
}

/** Pods that Pod Security refuses appear nowhere but in events. */
export const podSecurity: Check = {
  name: 'pod security',
  async run(facts) {
    const { namespaces } = await facts.program();
    const events = await facts.beside('events');
    const refused = events.filter(
      ({ reason, message = '' }) => reason === 'FailedCreate' && /violates PodSecurity/.test(message),
    );
    const latest = [...new Map(refused.map((event) => [`${event.involvedObject?.name}`, event])).values()];
    const sets = await facts.beside('replicasets');
    const findings = latest
      .filter(({ involvedObject }) => {
        const set = sets.find(({ metadata }) => metadata.uid === involvedObject?.uid);
        return !set || Number(set.spec?.replicas ?? 0) > Number(set.status?.replicas ?? 0);
      })
      .map(({ metadata: { namespace = '' }, message = '', involvedObject }) => {
        const [, what = message] = /violates PodSecurity (.*)$/.exec(message) ?? [];
        return failed(
          `pods of ${involvedObject?.kind} ${involvedObject?.name} in ${namespace} are refused`,
          `they violate Pod Security ${what}`,
          `give them the security context that this lists; or, if they may do so: ${facts.typed('label', '--overwrite', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=baseline')}`,
        );
      });
    const levels = (await facts.list('namespaces'))
      .filter(({ metadata }) => namespaces.includes(metadata.name))
      .map(
        ({ metadata }) =>
          `${metadata.name} is ${metadata.labels?.['pod-security.kubernetes.io/enforce'] ?? 'privileged'}`,
      );
    return {
      text: levels.length > 0 ? `${some(levels)}, and refuses no pod` : 'no namespace of the program is there yet',
      findings,
    };
  },
};

export const quotas: Check = {
  name: 'quotas',
  async run(facts) {
    const found = await facts.beside('resourcequotas');
    const findings = found.flatMap(({ metadata: { name, namespace = '' }, status }) =>
      Object.entries((status?.hard ?? {}) as { [resource: string]: string }).flatMap(([resource, most]) => {
        const used: string | undefined = status?.used?.[resource];
        const share = (quantityOf(used ?? '0') ?? 0) / (quantityOf(most) || 1);
        const why = 'a roll-out starts new pods before the old ones end, and needs room for both';
        const mend = facts.typed('-n', namespace, 'edit', 'resourcequota', name);
        return share >= NEARLY
          ? [warning(`quota ${name} in ${namespace}: ${used} of ${most} ${resource} are used`, why, mend)]
          : [];
      }),
    );
    return { text: found.length === 0 ? 'there are none' : 'they have room', findings };
  },
};

interface Lease extends LiveObject {
  readonly spec: { readonly holderIdentity: string; readonly renewTime: string; readonly leaseDurationSeconds: number };
}

/** What an `up` that was killed leaves behind; the next one takes it over. */
export const lock: Check = {
  name: 'lock',
  async run(facts) {
    const leases = (await facts.beside('leases')) as readonly Lease[];
    const held = leases.filter(
      ({ metadata, spec }) => metadata.name.startsWith('cdk8s-services.') && spec.holderIdentity,
    );
    const dead = held.filter(
      (lease) =>
        Date.now() > Date.parse(lease.spec.renewTime) + lease.spec.leaseDurationSeconds * 1000 || wasKilled(lease),
    );
    const findings = dead.map(({ metadata, spec: { holderIdentity, renewTime } }) =>
      warning(
        `${holderIdentity} stopped in the middle`,
        `it holds Lease ${metadata.name} in ${metadata.namespace}, and was last heard of ${ago(new Date(renewTime))}`,
        `${commandOf(facts.session, 'up')}, which takes over and completes it`,
      ),
    );
    const alive = held.filter((one) => !dead.includes(one)).map(({ spec }) => spec.holderIdentity);
    return { text: alive.length > 0 ? `held by ${some(alive)}, which goes on` : 'nobody holds it', findings };
  },
};
