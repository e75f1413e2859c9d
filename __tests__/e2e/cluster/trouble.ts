import { run } from '../runner/run';
import { waitUntil } from '../runner/wait';

/** What kubectl says when it is the API that fails, and not what was asked of it. */
const API =
  /Unable to connect to the server|The connection to the server .* was refused|TLS handshake timeout|etcdserver: [a-z ]+|error dialing backend|the server is currently unable to handle the request/;

/** What is wrong with the cluster itself, where that may be why something failed. */
export async function clusterTrouble({ message }: Error): Promise<string | undefined> {
  return API.exec(message)?.[0] ?? (await unwell());
}

/** Whether the cluster is well again after a while. */
export function recovered(): Promise<boolean> {
  const well = async () => {
    const trouble = await unwell();
    if (trouble !== undefined) {
      throw new Error(trouble);
    }
    return true;
  };
  return waitUntil('the cluster to be well', well, { seconds: 120, everyMs: 2000 }).catch(() => false);
}

async function unwell(): Promise<string | undefined> {
  const { code, stdout, stderr } = await run('kubectl', ['get', 'nodes', '-o', 'json', '--request-timeout=10s']);
  if (code !== 0) {
    return `the API does not answer: ${stderr.trim()}`;
  }
  const unready = JSON.parse(stdout).items.filter(({ status }: any) =>
    status.conditions.some((one: any) => one.type === 'Ready' && one.status !== 'True'),
  );
  return unready.length > 0 ? `node ${unready[0].metadata.name} is not ready` : undefined;
}
