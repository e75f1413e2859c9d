/**
 * @lane core
 * @needs system ssh
 * @disturbs ssh
 * @minutes 3
 */
import { spawn } from 'node:child_process';
import { ssh } from './clients/ssh';
import { kubectl, NAMESPACE } from './cluster/kubectl';
import { check } from './runner/check';
import { FACTS } from './runner/facts';
import { waitUntil } from './runner/wait';

/** Kinds that OpenSSH's client still has, and servers of today offer no more. */
const OLD: { [option: string]: string[] } = {
  KexAlgorithms: ['diffie-hellman-group14-sha1', 'diffie-hellman-group-exchange-sha256', 'ecdh-sha2-nistp256'],
  Ciphers: ['aes128-cbc', '3des-cbc', 'aes256-ctr'],
  MACs: ['hmac-sha1', 'hmac-md5', 'umac-64@openssh.com', 'hmac-sha2-256'],
  HostKeyAlgorithms: ['ssh-rsa', 'ssh-dss'],
  PubkeyAcceptedAlgorithms: ['ssh-rsa'],
};
/** All that a session can write to: memory and temporary files of its own container. */
const WRITABLE =
  /^\/(?:tmp|dev\/(?:shm|mqueue|null|zero|full|random|urandom|tty|ptmx|pts|stdin|stdout|stderr|fd|termination-log)|proc|run\/user)(?:\/|$)/;

describe('attack on ssh', () => {
  const of = ['nginx'];
  const options = (...all: string[]) => all.flatMap((option) => ['-o', option]);

  for (const user of ['root', 'nginx', 'ftp', 'admin', 'nobody']) {
    check(`${user} does not log in, even with the key`, { of }, async () => {
      const { code, stderr } = await ssh(['true'], undefined, ['-l', user, ...options(`User=${user}`)]);
      expect({ code, says: stderr.trim() }).toEqual({ code: 255, says: expect.stringContaining('Permission denied') });
    });
  }

  for (const how of ['none', 'password', 'keyboard-interactive', 'hostbased', 'gssapi-with-mic']) {
    check(`nobody logs in by '${how}'`, { of }, async () => {
      const only = options('PubkeyAuthentication=no', `PreferredAuthentications=${how}`, 'NumberOfPasswordPrompts=1');
      const { code, stderr } = await ssh(['true'], undefined, only);
      expect({ code, says: stderr.trim() }).toEqual({ code: 255, says: expect.stringContaining('(publickey)') });
    });
  }

  for (const [option, kinds] of Object.entries(OLD)) {
    check(`no old ${option} are spoken`, { of }, async () => {
      const spoken: string[] = [];
      for (const kind of kinds) {
        // a kind of MAC matters only beside a cipher that does not bring its own
        const beside = option === 'MACs' ? ['Ciphers=aes256-ctr,aes256-gcm@openssh.com'] : [];
        const { code, stderr } = await ssh(['true'], undefined, ['-v', ...options(`${option}=${kind}`, ...beside)]);
        const used = option !== 'MACs' || stderr.includes(`MAC: ${kind} `);
        if (code === 0 && used) {
          spoken.push(kind);
        }
      }
      expect(spoken).toEqual([]);
    });
  }

  check('no port is forwarded to other services, the API server or the container itself', { of }, async () => {
    for (const target of [
      'mysql:3306',
      'influxdb:8086',
      'kubernetes.default:443',
      'localhost:8081',
      'localhost:2222',
    ]) {
      const { code, stderr } = await ssh([], undefined, ['-W', target]);
      expect({ target, code, says: stderr }).toEqual({ target, code: 255, says: expect.stringMatching(/prohibited/) });
    }
  });

  check('no port of the server is opened, and no network device', { of }, async () => {
    for (const forward of [
      ['-R', '4444:127.0.0.1:22'],
      ['-R', '/tmp/socket:127.0.0.1:22'],
      ['-w', '0:0'],
    ]) {
      const { code, stderr } = await ssh(['true'], undefined, [...options('ExitOnForwardFailure=yes'), ...forward]);
      expect({ forward, code, says: stderr }).toEqual({
        forward,
        code: 255,
        says: expect.stringMatching(/fail|refused|not/i),
      });
    }
  });

  check("neither the client's agent nor its screen is handed over", { of }, async () => {
    const agent = spawn('ssh-agent', ['-D'], { stdio: ['ignore', 'pipe', 'ignore'] });
    try {
      let said = '';
      agent.stdout.on('data', (chunk: Buffer) => {
        said += chunk;
      });
      const socket = await waitUntil('an agent', async () => /SSH_AUTH_SOCK=([^;]+);/.exec(said)?.[1], { seconds: 10 });
      const handed = ['-A', '-X', '-Y', ...options(`IdentityAgent=${socket}`, `ForwardAgent=${socket}`)];
      const { code, stdout } = await ssh(['env; ls -A /tmp'], undefined, handed);
      expect(code).toBe(0);
      expect(stdout).not.toMatch(/SSH_AUTH_SOCK|DISPLAY|ssh-[A-Za-z0-9]{6,}/);
    } finally {
      agent.kill();
    }
  });

  check('the client cannot set the environment, nor have a file of its own run', { of }, async () => {
    const { stdout } = await ssh(['env'], undefined, options('SetEnv=LD_PRELOAD=/tmp/x.so BASH_ENV=/tmp/x E2E=1'));
    expect(stdout).not.toMatch(/LD_PRELOAD|BASH_ENV|E2E/);
    expect(stdout).toMatch(/^USER=ssh$/m);
  });

  check('no file is copied by sftp', { of }, async () => {
    const { code, stdout } = await ssh(['sftp'], undefined, ['-s']);
    expect({ code: code !== 0, stdout }).toEqual({ code: true, stdout: '' });
  });

  check('a session writes to temporary files only', { of }, async () => {
    const { stdout } = await ssh([
      "find / \\( -path '/proc/[0-9]*' -o -path /sys \\) -prune -o -writable -not -type l -print 2>/dev/null; true",
    ]);
    expect(stdout.split('\n')).toContain('/tmp');
    expect(stdout.split('\n').filter((path) => path && !WRITABLE.test(path))).toEqual([]);
    const tried = [
      '/',
      '/etc',
      '/home/ssh',
      '/home/ssh/.ssh',
      '/usr/sbin',
      '/run/secrets/ssh',
      '/etc/ssh-config',
      '/var/tmp',
    ];
    const touch = tried.map((folder) => `touch ${folder}/x 2>/dev/null && echo ${folder}`).join('; ');
    expect((await ssh([`${touch}; true`])).stdout).toBe('');
  });

  check('a session finds no secrets but those of its own login', { of }, async () => {
    const { stdout } = await ssh([
      'find /run/secrets /var/run/secrets/ -type f -o -type l 2>/dev/null | sort -u; true',
    ]);
    const names = stdout
      .trim()
      .split('\n')
      .filter((path) => !path.includes('/..'));
    const inRun = names.filter((path) => !path.startsWith('/var/'));
    expect(inRun).toEqual(['/run/secrets/ssh/authorized-keys', '/run/secrets/ssh/host-key']);
    expect(stdout).not.toContain('kubernetes.io');
    const { stdout: readable } = await ssh([
      'cat /run/secrets/tls/* /var/run/secrets/kubernetes.io/serviceaccount/* /proc/[0-9]*/environ 2>/dev/null | ' +
        'tr "\\0" "\\n" | grep -icE "password|secret|token|private" ; true',
    ]);
    expect(readable.trim()).toBe('0');
  });

  check('a session has no more network than nginx has', { of, skip: FACTS.policies.notEnforced }, async () => {
    const places = ['mysql/3306', 'influxdb/8086', 'wordpress/5050', 'ftps/21', 'phpmyadmin/5000'];
    const { stdout } = await ssh([
      places.map((place) => `timeout 3 bash -c '</dev/tcp/${place}' 2>/dev/null && echo ${place} &`).join(' ') +
        ' wait',
    ]);
    expect(stdout.trim()).toBe('phpmyadmin/5000');
  });

  check('a session becomes nobody else', { of }, async () => {
    const { stdout } = await ssh([
      'find / -xdev -perm /6000 -type f -print 2>/dev/null; su -c id 2>/dev/null; sudo -n id 2>/dev/null; ' +
        'unshare -r id 2>/dev/null; chroot / id 2>/dev/null; mount -t tmpfs x /tmp 2>/dev/null && echo mounted; true',
    ]);
    const files = stdout.trim().split('\n');
    expect(files.filter((line) => /uid=|mounted/.test(line))).toEqual([]);
  });

  check('the private half of the key that logs in is in no container', { of }, async () => {
    const find = ['find', '/run/secrets', '-name', 'login-key'];
    for (const container of ['nginx', 'ssh']) {
      expect(await kubectl(['-n', NAMESPACE, 'exec', 'deploy/nginx', '-c', container, '--', ...find])).toBe('');
    }
  });
});
