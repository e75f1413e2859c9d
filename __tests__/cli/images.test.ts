import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stage, WEB } from '../support/stage';

const NGINX = 'registry.example.org/shop/nginx:0123456789ab';
const DIGEST = `sha256:${'0a'.repeat(32)}`;

/** A docker that has built nothing, and whose pushes are answered with a digest. */
const docker = `case "$1" in
  images) cat "$CALLS/built" 2>/dev/null; exit 0 ;;
  build) for last; do :; done; echo "$4" >>"$CALLS/built" ;;
  push) echo "0123456789ab: digest: ${DIGEST} size: 1234" ;;
esac`;

/** An app with these images. */
function shopWith(images: string[], script = docker) {
  const shop = stage({ docker: script });
  const containers = images.map((image, index) => ({ name: `c${index}`, image }));
  const web = { ...WEB, spec: { ...WEB.spec, template: { spec: { containers } } } };
  writeFileSync(join(shop.folder, 'web.yaml'), JSON.stringify(web));
  return shop;
}

const digestsOf = ({ folder }: { folder: string }, file = 'images.json') =>
  JSON.parse(readFileSync(join(folder, file), 'utf8'));

describe('cdk8s-services images', () => {
  it('builds what a registry is to have, and leaves alone what others made', async () => {
    const shop = shopWith([NGINX, 'cdk8s-services/mysql:0123456789ab', 'redis:8']);
    const { code } = await shop.run('images');
    expect(code).toBe(0);
    expect(shop.calls('built')).toBe(`${NGINX}\n`);
    expect(shop.calls('docker')).not.toContain('push');
    expect(existsSync(join(shop.folder, 'images.json'))).toBe(false);
    expect(shop.calls('minikube') + shop.calls('kubectl')).toBe('');
  });

  it('pushes, and notes the digests', async () => {
    const shop = shopWith([NGINX]);
    const { code, stdout } = await shop.run('images', '--push');
    expect(code).toBe(0);
    expect(shop.calls('docker')).toContain(`push ${NGINX}\n`);
    expect(digestsOf(shop)).toEqual({ [NGINX]: DIGEST });
    expect(stdout).toContain('1 pushed, 1 in images.json; keep that file in git\n');
  });

  it('leaves alone what was pushed, and forgets what is used no more', async () => {
    const shop = shopWith([`${NGINX}@${DIGEST}`]);
    const old = 'registry.example.org/shop/nginx:000000000000';
    writeFileSync(join(shop.folder, 'd.json'), JSON.stringify({ [NGINX]: DIGEST, [old]: DIGEST }));
    const { code, stdout } = await shop.run('images', '--push', '--digests', 'd.json');
    expect([code, shop.calls('docker')]).toEqual([0, '']);
    expect(stdout).toContain('0 pushed, 1 in d.json');
    expect(digestsOf(shop, 'd.json')).toEqual({ [NGINX]: DIGEST });
  });

  it('notes each push when it is done, so that the next run goes on after one that fails', async () => {
    const mysql = 'registry.example.org/shop/mysql:0123456789ab';
    const shop = shopWith(
      [NGINX, mysql],
      `case "$*" in *push*mysql*) echo 'denied: no' >&2; exit 1 ;; esac; ${docker}`,
    );
    const { code, stderr } = await shop.run('images', '--push');
    expect(code).toBe(1);
    expect(stderr).toContain(`images failed at 'push images': ${mysql} cannot be pushed\n  | denied: no\n`);
    expect(stderr).toContain(
      "see that you are logged in ('docker login') and may push there, then run: npm run images",
    );
    expect(digestsOf(shop)).toEqual({ [NGINX]: DIGEST });
  });

  it('refuses a file of digests that it cannot read', async () => {
    const shop = shopWith([NGINX]);
    writeFileSync(join(shop.folder, 'images.json'), '{');
    const { code, stderr } = await shop.run('images', '--push');
    expect(code).toBe(1);
    expect(stderr).toMatch(/images\.json is no JSON/);
    expect(readFileSync(join(shop.folder, 'images.json'), 'utf8')).toBe('{');
  });
});
