/**
 * @lane core
 * @needs system ssh
 * @disturbs nothing
 * @minutes 3
 */
import { ssh } from './clients/ssh';
import { kubectl, NAMESPACE } from './cluster/kubectl';
import { check } from './runner/check';
import { ways } from './runner/facts';

describe('ssh', () => {
  const of = ['nginx'];

  for (const { by, skip, place } of ways('nginx', 'ssh')) {
    check(`the key of the Secret logs in by ${by}, on the host key of the Secret`, { of, skip }, async () => {
      const { code, stdout, stderr } = await ssh(['id', '-un;', 'id', '-u'], place());
      expect({ code, stdout, stderr }).toMatchObject({ code: 0, stdout: 'ssh\n10002\n' });
    });

    check(`a password is refused by ${by}`, { of, skip }, async () => {
      const options = ['PubkeyAuthentication=no', 'PreferredAuthentications=password,keyboard-interactive'];
      const { code, stderr } = await ssh(
        ['true'],
        place(),
        options.flatMap((option) => ['-o', option]),
      );
      expect({ code, says: stderr.trim() }).toEqual({ code: 255, says: expect.stringContaining('(publickey)') });
    });
  }

  check("who logs in cannot read the certificate's key", { of }, async () => {
    const search = 'cat /run/secrets/tls/tls.key /proc/[0-9]*/root/run/secrets/tls/tls.key 2>/dev/null; true';
    const { code, stdout } = await ssh([search]);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    // the key is there, for nginx, so that the search would have found it
    const own = [
      '-n',
      NAMESPACE,
      'exec',
      'deploy/nginx',
      '-c',
      'nginx',
      '--',
      'test',
      '-r',
      '/run/secrets/tls/tls.key',
    ];
    await kubectl(own);
  });

  check('who logs in cannot write to the image, nor become somebody else', { of }, async () => {
    const { stdout } = await ssh([
      'touch /usr/local/bin/x 2>/dev/null && echo wrote; grep -E "^(CapEff|NoNewPrivs)" /proc/self/status',
    ]);
    expect(stdout.replace(/[ \t]+/g, ' ')).toBe('CapEff: 0000000000000000\nNoNewPrivs: 1\n');
  });

  check('no port is forwarded into the cluster', { of }, async () => {
    const { stderr, code } = await ssh([], undefined, ['-W', 'mysql:3306']);
    expect({ code, says: stderr }).toEqual({ code: 255, says: expect.stringMatching(/prohibited|refused|disabled/i) });
  });
});
