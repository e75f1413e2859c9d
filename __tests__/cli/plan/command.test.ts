import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentOf, SET } from '../../support/planned';
import { type Stage, stage, WEB } from '../../support/stage';

const SHOP = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } };

/** A shop whose app is the Deployment 'web' in the namespace 'shop', after an 'up' if it is deployed. */
function shop(deployed: boolean, image = 'cdk8s-services/nginx:0123456789ab', app?: string): Stage {
  const made = stage({ docker: undefined, minikube: undefined }, app);
  writeFileSync(join(made.folder, 'package.json'), '{ "name": "@acme/shop" }');
  const labels = { ...WEB.metadata.labels, 'applyset.kubernetes.io/part-of': SET.id };
  const template = { spec: { containers: [{ name: 'web', image }] } };
  const live = { ...WEB, metadata: { ...WEB.metadata, labels }, spec: { ...WEB.spec, template } };
  made.has(SHOP, ...(deployed ? [live, parentOf([live])] : []));
  return made;
}

/** The process of the proxy, once it runs. */
async function proxyOf(made: Stage): Promise<number> {
  while (made.calls('proxy') === '') {
    await sleep(20);
  }
  return Number(made.calls('proxy'));
}

async function ended(pid: number): Promise<void> {
  for (;;) {
    try {
      process.kill(pid, 0);
      await sleep(20);
    } catch {
      return;
    }
  }
}

describe('cdk8s-services plan', () => {
  it('ends with 2 where something is to be done, and needs neither docker nor minikube', async () => {
    const { code, stdout, stderr } = await shop(false).run('plan');
    expect([code, stderr]).toEqual([2, '']);
    expect(stdout).toBe(
      '   kind        name  what\n' +
        '+  Deployment  web   cdk8s-services/nginx:0123456789ab\n\n' +
        'plan: 1 to create\n',
    );
  });

  it('ends with 0 where nothing is to be done', async () => {
    const { code, stdout, stderr } = await shop(true).run('plan');
    expect([code, stdout, stderr]).toEqual([0, 'plan: nothing to do\n', '']);
  });

  it('changes nothing, in the cluster or in the folder', async () => {
    const made = shop(true, 'cdk8s-services/nginx:before');
    const before = [made.cluster(), readdirSync(made.folder)];
    const { code, stdout } = await made.run('plan');
    expect(code).toBe(2);
    expect(stdout).toContain('restarts: image cdk8s-services/nginx:before → cdk8s-services/nginx:0123456789ab');
    expect([made.cluster(), readdirSync(made.folder).filter((name) => name !== '.build')]).toEqual(before);
    expect(readdirSync(join(made.folder, '.build'))).toEqual([]);
    expect(made.written()).toEqual([]);
  });

  it('writes nothing but the document for programs', async () => {
    const { code, stdout, stderr } = await shop(true, 'cdk8s-services/nginx:before').run('plan', '-o', 'json');
    expect([code, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      context: 'minikube',
      set: { namespace: 'shop' },
      summary: { change: 1, restart: 1, unchanged: 0 },
      changes: [{ action: 'change', kind: 'Deployment', name: 'web', service: 'web' }],
    });
  });

  it('writes markdown for pull requests', async () => {
    const { code, stdout, stderr } = await shop(false).run('plan', '--output', 'markdown');
    expect([code, stderr]).toEqual([2, '']);
    expect(stdout).toContain('| `+` | Deployment | shop | web | cdk8s-services/nginx:0123456789ab |');
  });

  it('leaves out what it is told to, and deletes nothing of it', async () => {
    const { code, stdout } = await shop(true, 'cdk8s-services/nginx:before').run('plan', '--without', 'web');
    expect([code, stdout]).toEqual([0, 'plan: nothing to do\n']);
  });

  it('tells what is to be deleted', async () => {
    const made = shop(true, undefined, `mkdir "$CDK8S_OUTDIR"; echo '${JSON.stringify(SHOP)}' >"$CDK8S_OUTDIR/a.yaml"`);
    const { code, stdout } = await made.run('plan');
    expect([code, stdout]).toEqual([2, expect.stringContaining('-  Deployment  web\n')]);
    expect(stdout).toContain("plan: 1 to delete, 1 to mark as the app's\n");
  });

  it('says that the app fails', async () => {
    const made = shop(true, undefined, 'echo broken >&2; exit 1');
    const { code, stdout, stderr } = await made.run('plan');
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain("plan failed at 'synthesize': the app of cdk8s.yaml fails\n  | broken\n");
  });

  it('says that the cluster is not to be reached', async () => {
    const kubectl = 'echo "error: context \\"minikube\\" does not exist" >&2; exit 1';
    const { code, stderr } = await stage({ kubectl }).run('plan');
    expect(code).toBe(1);
    expect(stderr).toContain(
      `plan failed at 'cluster': kubectl does not reach context 'minikube': error: context "minikube" does not exist`,
    );
  });

  it('ends at Ctrl-C, and leaves no proxy behind', async () => {
    const made = shop(true, undefined, 'sleep 30');
    const { child, result } = made.start('plan');
    const proxy = await proxyOf(made);
    child.kill('SIGINT');
    const { code, stderr } = await result;
    expect([code, stderr]).toEqual([130, expect.stringContaining("plan interrupted at 'synthesize'")]);
    await ended(proxy);
  });

  it('leaves no proxy behind when it is killed', async () => {
    const made = shop(true, undefined, 'sleep 3');
    const { child, result } = made.start('plan');
    const proxy = await proxyOf(made);
    child.kill('SIGKILL');
    await ended(proxy);
    await result;
  });
});
