import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, App, Chart, YamlOutputType } from 'cdk8s';
import { type Validation, ValidationContext } from 'cdk8s-cli/plugins';
import { Policy, type PolicyProps } from '../../constructs';
import { ruleNames } from '../../constructs/policy/check';
import { type Manifest, temporaryFolder } from '../support/app';
import { defaultDeny, pod } from '../support/pod';

const asRoot = pod((container) => Object.assign(container.securityContext, { privileged: true }));
const service: Manifest = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: {} };

interface Objects {
  readonly [id: string]: Manifest;
}

/** Writes charts as `cdk8s synth` has them written. */
function write(charts: { readonly [id: string]: Objects }, yamlOutputType?: YamlOutputType): string {
  const outdir = join(temporaryFolder(), 'dist');
  const app = new App({ outdir, yamlOutputType, recordConstructMetadata: true });
  for (const [id, objects] of Object.entries(charts)) {
    const chart = new Chart(app, id, { namespace: id });
    for (const [child, object] of Object.entries(objects)) {
      new ApiObject(chart, child, object);
    }
  }
  app.synth();
  return outdir;
}

/** What cdk8s-cli knows once the policy has judged the manifests in a folder. */
async function judge(folder: string, props?: PolicyProps) {
  const { resources } = JSON.parse(readFileSync(join(folder, 'construct-metadata.json'), 'utf8'));
  const manifests = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => join(folder, file));
  const context = new ValidationContext(manifests, './lib/policy', '0.1.0', resources);
  const validation: Validation = new Policy(props);
  await validation.validate(context);
  return context.report;
}

describe('the policy', () => {
  it('accepts an app that keeps the rules', async () => {
    const report = await judge(write({ shop: { web: pod(), deny: defaultDeny } }));
    expect(report.toJson()).toMatchObject({
      violations: [],
      summary: { status: 'success', metadata: { Rules: `${ruleNames.length}`, Objects: '2' } },
    });
  });

  it('names the rule, the object, its construct and the remedy', async () => {
    const folder = write({ shop: { web: asRoot, deny: defaultDeny } });
    const { violations, summary } = (await judge(folder)).toJson();
    expect(summary.status).toBe('failure');
    expect(violations).toEqual([
      {
        ruleName: 'privileged',
        recommendation: 'No container is privileged: that is root on its node',
        fix: 'leave out securityContext.privileged',
        violatingConstructs: [
          {
            constructPath: 'shop/web',
            manifestPath: join(folder, 'shop.k8s.yaml'),
            resourceName: 'Deployment/web in shop',
            locations: ["container 'web': privileged is true"],
          },
        ],
      },
    ]);
  });

  it('shows what is excepted', async () => {
    const annotations = { 'except.cdk8s-services/privileged': 'it loads a driver' };
    const excepted = { ...asRoot, metadata: { name: 'web', annotations } };
    const folder = write({ shop: { web: excepted, deny: defaultDeny } });
    const { summary } = (await judge(folder, { exceptions: ['spread'] })).toJson();
    expect(summary).toMatchObject({
      status: 'success',
      metadata: { Exceptions: 'spread: everywhere\nprivileged: Deployment/web in shop, it loads a driver' },
    });
  });

  it.each<[unknown, string]>([
    [
      { exceptions: ['spreed'] },
      "'exceptions' names 'spreed', which is no rule; use some of host-process, host-namespaces",
    ],
    [{ exceptions: 'spread' }, `'exceptions' is "spread", which is no list; write exceptions: [<rule>, …]`],
    [{ except: ['spread'] }, "the policy has no property 'except'; use exceptions: [<rule>, …]"],
  ])('refuses %j', (props, message) => {
    expect(() => new Policy(props as PolicyProps)).toThrow(message);
  });
});

describe('the construct path', () => {
  it('is left open where it cannot be told', async () => {
    const charts = { blue: { web: asRoot, deny: defaultDeny }, green: { web: asRoot, deny: defaultDeny } };
    const folder = write(charts, YamlOutputType.FILE_PER_APP);
    expect(await pathIn(folder)).toEqual(['Deployment/web in blue: undefined', 'Deployment/web in green: undefined']);
  });

  const pathIn = async (folder: string) =>
    (await judge(folder))
      .toJson()
      .violations.flatMap(({ violatingConstructs }) =>
        violatingConstructs.map(({ resourceName, constructPath }) => `${resourceName}: ${constructPath}`),
      );

  it('is that of what objects of one name have in common, of which cdk8s records the last only', async () => {
    const folder = write({ shop: { deployment: asRoot, service, deny: defaultDeny } });
    expect(await pathIn(folder)).toEqual(['Deployment/web in shop: shop']);
  });

  it('is that of the construct which has their name', async () => {
    const outdir = temporaryFolder();
    const app = new App({ outdir, recordConstructMetadata: true });
    const web = new Chart(new Chart(app, 'shop', { namespace: 'shop' }), 'web', { namespace: 'shop' });
    new ApiObject(web, 'Deployment', asRoot);
    new ApiObject(web, 'Service', service);
    new ApiObject(web, 'Deny', defaultDeny);
    app.synth();
    expect(await pathIn(outdir)).toEqual(['Deployment/web in shop: shop/web']);
  });

  it('is at least the chart, where charts have objects of one name', async () => {
    const folder = write({ blue: { web: asRoot, deny: defaultDeny }, green: { web: asRoot, deny: defaultDeny } });
    expect(await pathIn(folder)).toEqual(['Deployment/web in blue: blue', 'Deployment/web in green: green']);
  });
});

describe('what cdk8s records for the report', () => {
  const record = 'CDK8S_RECORD_CONSTRUCT_METADATA';
  afterEach(() => {
    delete process.env[record];
  });

  it.each([YamlOutputType.FILE_PER_CHART, YamlOutputType.FOLDER_PER_CHART_FILE_PER_RESOURCE])(
    'is removed, because kubectl would take it for a manifest (layout %i)',
    async (layout) => {
      const folder = write({ shop: { web: pod(), deny: defaultDeny } }, layout);
      await judge(folder);
      expect(existsSync(join(folder, 'construct-metadata.json'))).toBe(false);
    },
  );

  it('is kept where somebody asked for it', async () => {
    process.env[record] = 'true';
    const folder = write({ shop: { web: pod(), deny: defaultDeny } });
    await judge(folder);
    expect(existsSync(join(folder, 'construct-metadata.json'))).toBe(true);
  });
});
