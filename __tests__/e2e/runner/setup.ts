import { bundle } from '../../../scripts/bundle';
import { get, kubectl, NAMESPACE } from '../cluster/kubectl';
import { removeLeftOvers } from '../cluster/left-overs';
import { policyFacts } from '../cluster/policies';
import type { Facts, Port } from './facts';
import { Recorder } from './recorder';
import { run } from './run';

const CLIENTS: { [command: string]: string } = {
  kubectl: 'https://kubernetes.io/docs/tasks/tools/',
  curl: 'apt-get install curl',
  lftp: 'apt-get install lftp',
  ssh: 'apt-get install openssh-client',
};
const NO_IMAGE = ['ErrImageNeverPull', 'ErrImagePull', 'ImagePullBackOff'];

/** Finds out what there is to test with, and what to test, once for all files. */
export default async function setup(): Promise<void> {
  await bundle();
  await requireClients();
  const { items } = await get(['service']).catch((error: Error) => {
    throw new Error(`the cluster cannot be asked for its services (${error.message}); set KUBECONFIG`);
  });
  if (items.length === 0) {
    throw new Error(`nothing runs in namespace '${NAMESPACE}'; run: npm run up`);
  }
  for (const left of await removeLeftOvers()) {
    process.stderr.write(`${left}\n`);
  }
  const grafanaMissing = await missingImage('grafana');
  await requireReady(grafanaMissing === undefined);
  const recorder = await Recorder.start();
  Object.assign(globalThis, { e2eRecorder: recorder });
  const node = await nodeAddress();
  const facts: Facts = {
    node,
    balancer: items
      .flatMap((service: any) => service.status?.loadBalancer?.ingress ?? [])
      .map((ingress: any) => ingress.ip ?? ingress.hostname)[0],
    ports: Object.fromEntries(items.map((service: any) => [service.metadata.name, portsOf(service)])),
    grafanaMissing,
    metricsMissing: await missingMetrics(),
    policies: await policyFacts(node),
    record: recorder.folder,
  };
  process.env.E2E_FACTS = JSON.stringify(facts);
}

async function requireClients(): Promise<void> {
  const missing: string[] = [];
  for (const [command, remedy] of Object.entries(CLIENTS)) {
    await run(command, command === 'ssh' ? ['-V'] : command === 'kubectl' ? ['help'] : ['--version']).catch(() =>
      missing.push(`${command} is missing: ${remedy}`),
    );
  }
  if (missing.length > 0) {
    throw new Error(missing.join('\n'));
  }
}

async function missingImage(service: string): Promise<string | undefined> {
  const { items } = await get(['pods', '-l', `app.kubernetes.io/instance=${service}`]);
  for (const status of items.flatMap((pod: any) => pod.status.containerStatuses ?? [])) {
    const reason = status.state?.waiting?.reason;
    if (NO_IMAGE.includes(reason)) {
      return `${service}'s pod has no image here (${reason})`;
    }
  }
  return items.length === 0 ? `${service} is not part of what runs here` : undefined;
}

async function missingMetrics(): Promise<string | undefined> {
  const { code } = await run('kubectl', ['get', '--raw', '/apis/metrics.k8s.io/v1beta1/nodes']);
  return code === 0 ? undefined : 'the cluster has no metrics-server';
}

async function requireReady(withGrafana: boolean): Promise<void> {
  const { items } = await get(['deployments,statefulsets']);
  for (const { kind, metadata, spec } of items) {
    if (metadata.name === 'grafana' && !withGrafana) {
      continue;
    }
    const target = `${kind.toLowerCase()}/${metadata.name}`;
    const ready = `--for=jsonpath={.status.readyReplicas}=${spec.replicas}`;
    await kubectl(['-n', NAMESPACE, 'wait', ready, '--timeout=90s', target], { seconds: 100 }).catch((error: Error) => {
      throw new Error(`${target} is not ready (${error.message}); run: npm run up`);
    });
  }
}

async function nodeAddress(): Promise<string> {
  const minikube = await run('minikube', ['ip']).catch(() => undefined);
  if (minikube?.code === 0) {
    return minikube.stdout.trim();
  }
  const { items } = await get(['nodes']);
  return items[0].status.addresses.find(({ type }: { type: string }) => type === 'InternalIP').address;
}

function portsOf({ spec }: any): { [name: string]: Port } {
  return Object.fromEntries(spec.ports.map(({ name, port, nodePort }: any) => [name, { port, nodePort }]));
}
