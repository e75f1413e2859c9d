import { stage } from '../../support/stage';

const APP =
  'mkdir "$CDK8S_OUTDIR"; cp web.yaml "$CDK8S_OUTDIR"; ' +
  'echo "rotate: $CDK8S_SERVICES_ROTATE, renew before: $CDK8S_SERVICES_RENEW_BEFORE" >&2';

const daysAhead = (said: string) => {
  const [, day = ''] = /renew before: (\S+)/.exec(said) ?? [];
  return (Date.parse(day) - Date.now()) / (24 * 60 * 60 * 1000);
};

describe('cdk8s-services', () => {
  it('up has certificates renewed that expire within a month, and rotates nothing', async () => {
    const { code, stderr } = await stage({}, APP).run('up');
    expect(code).toBe(0);
    expect(stderr).toContain('rotate: , renew before: ');
    expect(daysAhead(stderr)).toBeCloseTo(30, 1);
  });

  it('rotate has the Secrets made anew that it names, and applies them as up does', async () => {
    const shop = stage({}, APP);
    const { code, stdout, stderr } = await shop.run('rotate', 'mysql-blog', 'ftps-users', '--timeout', '5s');
    expect(code).toBe(0);
    expect(stderr).toContain('rotate: mysql-blog,ftps-users, renew before: ');
    expect(daysAhead(stderr)).toBeCloseTo(30, 1);
    expect(shop.api.applied).not.toEqual([]);
    expect(stdout).toContain('web: 1/1 ready');
  });

  it('rotate says what an app refuses, and applies nothing', async () => {
    const shop = stage({}, 'echo "[secrets] CDK8S_SERVICES_ROTATE names \'x\'" >&2; exit 1');
    const { code, stderr } = await shop.run('rotate', 'x');
    expect(code).toBe(1);
    expect(stderr).toContain("rotate failed at 'synthesize': the app of cdk8s.yaml fails\n  | [secrets] ");
    expect(stderr).toContain('then run: npm run rotate -- x\n');
    expect(shop.calls('applied')).toBe('');
  });

  it('rotate wants to be told what', async () => {
    const { code, stderr } = await stage({}, APP).run('rotate');
    expect(code).toBe(64);
    expect(stderr).toContain("missing required argument 'secret'");
  });
});
