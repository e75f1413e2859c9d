import { execFile, execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SHOP, stage, WEB } from '../support/stage';

jest.setTimeout(60_000);

const ROOT = join(__dirname, '..', '..');
const IMAGE = 'cdk8s-services/nginx:0123456789ab';
const docker = `case "$1" in
  images) cat "$CALLS/built" 2>/dev/null; exit 0 ;;
  build) echo "$4" >>"$CALLS/built" ;;
esac`;

/** What the README has people type. */
const [steps = ''] =
  /^npm run images .*\nnpm run synth .*\nkubectl apply .*$/m.exec(readFileSync(join(ROOT, 'README.md'), 'utf8')) ?? [];

describe('the three steps by hand', () => {
  it('are in the README, and scripts of the package', () => {
    expect(steps.split('\n').map((step) => step.replace(/ *#.*/, ''))).toEqual([
      'npm run images',
      'npm run synth',
      'kubectl apply -f dist/',
    ]);
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    expect(scripts.images).toBe('node scripts/cli.js images');
    expect(scripts.synth).toBe('node scripts/synth.js');
  });

  it('bring the app up with the images that it names', async () => {
    const shop = stage({ docker });
    shop.has();
    writeFileSync(join(shop.folder, 'web.yaml'), [SHOP, WEB].map((one) => JSON.stringify(one)).join('\n---\n'));

    const { code, stderr } = await shop.run('images');
    expect([code, stderr]).toEqual([0, '']);
    expect(shop.calls('built')).toBe(`${IMAGE}\n`);

    const env = {
      ...process.env,
      CDK8S_CHECK_UPGRADE: 'false',
      CDK8S_DISABLE_ANALYTICS: 'true',
    };
    execFileSync(process.execPath, [join(ROOT, 'scripts/synth.js')], { cwd: shop.folder, env, stdio: 'pipe' });

    const kubectl = join(shop.folder, 'bin', 'kubectl');
    const calls = { ...process.env, CALLS: join(shop.folder, 'calls') };
    await promisify(execFile)(kubectl, ['apply', '-f', 'dist/'], { cwd: shop.folder, env: calls });
    expect(shop.cluster().map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'Namespace shop',
      'Deployment web',
    ]);
    const wanted = JSON.stringify(shop.cluster()).match(/cdk8s-services\/nginx:\w+/g);
    expect(wanted).toEqual([IMAGE]);
  });
});
