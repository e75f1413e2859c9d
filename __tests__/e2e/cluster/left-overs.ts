import { run } from '../runner/run';
import { get, kubectl, LABEL, NAMESPACE } from './kubectl';

/** What suites make outside the namespaces of their own. */
const KINDS = [
  'namespaces',
  'clusterroles',
  'clusterrolebindings',
  'validatingwebhookconfigurations',
  'certificatesigningrequests',
  'persistentvolumes',
].join();
const SECONDS = 120;

/** Removes what suites have left, of this run or of an earlier one that was ended; returns what stays, and what holds it. */
export async function removeLeftOvers(): Promise<string[]> {
  await kubectl(['delete', KINDS, '-l', LABEL, '--wait=false']);
  await kubectl(['-n', NAMESPACE, 'delete', 'pods', '-l', LABEL, '--wait=false']);
  const wait = ['wait', '--for=delete', 'namespaces', '-l', LABEL, `--timeout=${SECONDS}s`];
  // what it says is read from the namespaces themselves
  await run('kubectl', wait, { seconds: SECONDS + 10 });
  const { items } = await get(['namespaces', '-l', LABEL]);
  return items.map(({ metadata, status }: any) => {
    const held = (status.conditions ?? [])
      .filter((one: any) => one.status === 'True')
      .map(({ message }: any) => message);
    return `namespace ${metadata.name} of suite '${metadata.labels[LABEL]}' does not end: ${held.join('; ') || status.phase}`;
  });
}
