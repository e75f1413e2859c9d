import { lastLogs, NAMESPACE, pods } from '../cluster/kubectl';
import { run } from './run';

const LINES = 12;

/** The state of services that tells why a check of them failed: pods that are not ready, warnings, last lines of logs. */
export async function evidence(services: string[], namespace = NAMESPACE): Promise<string> {
  if (services.length === 0) {
    return '';
  }
  return [await described(services, namespace), await warnings(namespace), await lastLogs(services, namespace)]
    .filter(Boolean)
    .join('\n');
}

async function described(services: string[], namespace: string): Promise<string> {
  const all = await Promise.all(services.map((service) => pods(service, namespace).catch(() => [])));
  const unready = all.flat().filter(({ ready }) => !ready);
  const parts = await Promise.all(
    unready.map(async ({ name }) => {
      const { stdout } = await run('kubectl', ['-n', namespace, 'describe', 'pod', name, '--request-timeout=20s']);
      const state = stdout.slice(Math.max(0, stdout.indexOf('\nConditions:')));
      return `--- ${name} is not ready\n${state
        .trim()
        .split('\n')
        .slice(-3 * LINES)
        .join('\n')}`;
    }),
  );
  return parts.join('\n');
}

async function warnings(namespace: string): Promise<string> {
  const columns = 'custom-columns=AT:.lastTimestamp,OF:.involvedObject.name,REASON:.reason,MESSAGE:.message';
  const args = ['-n', namespace, 'get', 'events', '--field-selector=type=Warning', '--sort-by=.lastTimestamp'];
  const { stdout } = await run('kubectl', [...args, '--no-headers', '-o', columns, '--request-timeout=20s']);
  const lines = stdout.trim().split('\n').filter(Boolean).slice(-LINES);
  return lines.length > 0 ? `--- last warnings of ${namespace}\n${lines.join('\n')}` : '';
}
