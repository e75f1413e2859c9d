import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SCRIPTS, stage, WEB } from '../../support/stage';

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
    const shop = shopWith([NGINX, 'redis:8']);
    const { code } = await shop.run('images');
    expect(code).toBe(0);
    expect(shop.calls('built')).toBe(`${NGINX}\n`);
    expect(shop.calls('docker')).not.toContain('push');
    expect(existsSync(join(shop.folder, 'images.json'))).toBe(false);
    expect(shop.calls('minikube') + shop.calls('kubectl')).toBe('');
  });

  it("builds into minikube's docker what is to be there, and both for an app that has both", async () => {
    const shop = shopWith(['cdk8s-services/nginx:0123456789ab', 'cdk8s-services/mysql:0123456789ab', NGINX]);
    const { code, stdout, stderr } = await shop.run('images');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain('find images: 0 of 2 are there');
    expect(shop.calls('built').split('\n').sort()).toEqual([
      '',
      'cdk8s-services/mysql:0123456789ab',
      'cdk8s-services/nginx:0123456789ab',
      NGINX,
    ]);
    expect(shop.calls('kubectl')).not.toMatch(/ (apply|create|delete) /);
    const again = await shop.run('images');
    expect(again.stdout).toContain('find images: 2 of 2 are there');
    expect(shop.calls('built').split('\n')).toHaveLength(4);
  });

  it('builds on the cluster that is named, and refuses one whose nodes cannot have them', async () => {
    const minikube = `case "$*" in *' status '*) echo 'Profile "lab" not found'; exit 85 ;; esac`;
    const shop = stage({
      docker,
      minikube,
      kubectl: `case "$*" in *get-contexts*) echo lab ;; *) ${SCRIPTS.kubectl} ;; esac`,
    });
    const { code, stderr } = await shop.run('images', '-p', 'lab');
    expect(code).toBe(1);
    expect(stderr).toContain("the nodes of 'lab' cannot have images that are built here");
    expect(shop.calls('built')).toBe('');
  });

  it('says so where there is nothing to build', async () => {
    const shop = shopWith(['redis:8']);
    const { code, stdout } = await shop.run('images');
    expect([code, shop.calls('docker')]).toEqual([0, '']);
    expect(stdout).toContain('the app has no images that are built here');
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
