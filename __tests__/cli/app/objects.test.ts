import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readManifest } from '../../../cli/app/manifest';
import { synthesized } from '../../../cli/services/services';
import { SynthesizedApp } from '../../../constructs/manifest/app';
import { objectsIn } from '../../../constructs/manifest/objects';
import { add, check, web, well, writes } from '../../support/doctor-stage';
import { SHOP, stage, WEB } from '../../support/stage';

jest.setTimeout(60_000);

describe('a list of one kind', () => {
  const { apiVersion: _, kind: __, ...bare } = WEB;
  const list = { apiVersion: 'apps/v1', kind: 'DeploymentList', items: [bare] };

  it('has objects of that kind, where they do not say it', () => {
    expect(readManifest('web.yaml', JSON.stringify(list), 'up')).toEqual([WEB]);
    expect(new SynthesizedApp(objectsIn([list])).pods).toHaveLength(1);
    const made = stage();
    writeFileSync(join(made.folder, 'cdk8s.yaml'), 'app: "true"\noutput: .\n');
    writeFileSync(join(made.folder, 'web.yaml'), JSON.stringify(list));
    expect(synthesized(made.folder, ['Deployment'])).toEqual([WEB]);
  });

  it('leaves those as they are that say what they are, and a list of anything does not say it for them', () => {
    const other = { ...WEB, apiVersion: 'v1', kind: 'ConfigMap' };
    expect(readManifest('web.yaml', JSON.stringify({ ...list, items: [other] }), 'up')).toEqual([other]);
    const any = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: [bare] });
    expect(() => readManifest('web.yaml', any, 'up')).toThrow(/object 1 has no apiVersion, no kind/);
    const half = JSON.stringify({ ...list, items: [{ ...bare, kind: 'Deployment' }] });
    expect(() => readManifest('web.yaml', half, 'up')).toThrow(/object 1 has no apiVersion/);
  });
});

describe('an object without a name', () => {
  it('is refused before anything is made', async () => {
    const shop = stage();
    const generated = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { generateName: 'job-', namespace: 'shop' } };
    writeFileSync(
      join(shop.folder, 'web.yaml'),
      [SHOP, WEB, generated].map((one) => JSON.stringify(one)).join('\n---\n'),
    );
    const { code, stderr } = await shop.run('up');
    expect(code).toBe(1);
    expect(stderr).toContain("ConfigMap with the generateName 'job-' has no name, and an apply needs one");
    expect(stderr).toContain("next: give it a 'metadata.name', then run: npm run up");
    expect(shop.api.applied).toEqual([]);
    expect(shop.calls('docker')).not.toContain('build');
  });
});

describe('a Secret that nobody has written', () => {
  const needing = web({}, { volumes: [{ name: 'm', secret: { secretName: 'memberlist' } }] });
  const role = (rule: object, more: object = {}) => ({
    kind: 'Role',
    metadata: { name: 'controller', namespace: 'shop' },
    rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['get', 'create'], ...rule }],
    ...more,
  });

  it.each([
    ['a warning where a role of the program makes Secrets there', role({}), 'warning'],
    [
      'a warning where a role of the cluster does',
      role({}, { kind: 'ClusterRole', metadata: { name: 'all' } }),
      'warning',
    ],
    ['a failure where a role only reads them', role({ verbs: ['get', 'list'] }), 'failed'],
    [
      'a failure where a role is of another namespace',
      role({}, { metadata: { name: 'r', namespace: 'lab' } }),
      'failed',
    ],
    ['a failure where a role is for what another group calls so', role({ apiGroups: ['x.example.com'] }), 'failed'],
  ])('is %s', async (_, made, severity) => {
    const shop = well();
    writes(shop, SHOP, needing, made);
    add(shop);
    const { findings } = await check('references', shop);
    expect(findings.map(({ severity, what }) => [severity, what])).toEqual([
      [severity, 'Deployment web needs Secret memberlist, which is neither in the program nor in namespace shop'],
    ]);
  });
});
