/**
 * @lane core
 * @needs system
 * @disturbs ftps
 * @minutes 3
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { FtpClient, LOGIN } from './clients/ftps';
import { get, kubectl, NAMESPACE, ofService } from './cluster/kubectl';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS, placeOf } from './runner/facts';

const HOME = `/srv/ftp/${LOGIN}`;

describe('attack on ftps', () => {
  const of = ['ftps'];
  const own = `${MARK}-own`;
  const content = randomBytes(1000);
  let ftp: FtpClient;
  setUp(async () => {
    const first = await FtpClient.login();
    await first.store(own, content, await first.extendedPassive());
    first.close();
  });
  beforeEach(async () => {
    ftp = await FtpClient.login();
  });
  afterEach(() => ftp?.close());
  afterAll(() => inPod(['sh', '-c', `rm -rf ${HOME}/${MARK}*`]));

  const PATHS = [
    '/etc/passwd',
    '../../../../etc/passwd',
    '/../../../etc/passwd',
    '//etc/passwd',
    '~root/../etc/passwd',
  ];
  const MORE = [
    '/run/secrets/tls/tls.key',
    '../../run/secrets/users/ftp',
    '/proc/self/environ',
    '/proc/1/root/etc/passwd',
  ];

  check('no file outside the home is read', { of }, async () => {
    const answers: string[] = [];
    for (const path of [...PATHS, ...MORE]) {
      for (const command of ['SIZE', 'MDTM', 'RETR', 'MLST', 'SITE CHECKSUM']) {
        const { code } = await ftp.send(command, path);
        if (code < 500 || code > 559) {
          answers.push(`${code} to ${command} ${path}`);
        }
      }
    }
    expect(answers).toEqual([]);
    expect((await ftp.send('SIZE', own)).code).toBe(213);
  });

  check('no list shows what is outside the home', { of }, async () => {
    const listed = async (command: string, argument: string) =>
      (await ftp.receive(command, argument, await ftp.extendedPassive()).catch(() => Buffer.alloc(0))).toString();
    for (const path of [
      '/',
      '..',
      '/..',
      '../../../..',
      '/etc',
      '/etc/*',
      '../../*/*',
      '~root',
      '-a /..',
      '/proc/1/cwd/',
    ]) {
      for (const command of ['LIST', 'NLST', 'MLSD']) {
        expect({ path, command, list: await listed(command, path) }).toEqual({
          path,
          command,
          list: expect.not.stringMatching(/\b(?:passwd|shadow|hostname|secrets|vmlinuz|usr)\b/),
        });
      }
      expect((await ftp.send('STAT', path)).text).not.toMatch(/\b(?:passwd|shadow|hostname|secrets)\b/);
    }
    expect(await listed('NLST', '.')).toContain(own);
  });

  check('no folder outside the home is entered', { of }, async () => {
    for (const path of ['/etc', '/run/secrets', '../../tmp', '/srv/ftp', '~root', '/proc/self/root', '/proc/1/cwd']) {
      expect({ path, code: (await ftp.send('CWD', path)).code }).toEqual({ path, code: 550 });
    }
    for (const path of ['..', '../../..', '/..']) {
      await ftp.send('CWD', path);
      expect((await ftp.send('PWD')).text).toContain('"/"');
    }
  });

  check('nothing is written, moved, removed or made elsewhere', { of }, async () => {
    for (const path of [`/tmp/${MARK}`, `../../../tmp/${MARK}`, `/run/secrets/users/${MARK}`, `/srv/ftp/${MARK}`]) {
      for (const command of ['DELE', 'RMD', 'SITE UTIME 20200101000000']) {
        const { code } = await ftp.send(command, path);
        expect({ command, path, refused: code >= 500 }).toEqual({ command, path, refused: true });
      }
      await ftp.send('MKD', path);
      await ftp.store(path, Buffer.from('x'), await ftp.extendedPassive()).catch(() => {});
      await ftp.expect(350, 'RNFR', own);
      await ftp.send('RNTO', path);
      await ftp.send('RNFR', path);
      await ftp.send('RNTO', own);
    }
    const find = `find / -path /proc -prune -o -name '${MARK}*' -not -path '${HOME}/*' -print 2>/dev/null; true`;
    expect(await inPod(['sh', '-c', find])).toBe('');
  });

  check('the server runs no commands, and makes no links', { of }, async () => {
    const commands = [
      'SITE EXEC id',
      'SITE EXEC /bin/sh -c id',
      'SITE INDEX id',
      `SITE SYMLINK / ${MARK}-link`,
      `SITE LINK / ${MARK}-link`,
      'SITE CPFR /etc/passwd',
      `SITE CPTO ${MARK}-copy`,
      'SITE CHMOD 777 /etc/passwd',
      'SITE CHMOD 777 ../../../tmp',
      'SITE CHMOD 4755 ../../../bin/sh',
      'XEXEC id',
    ];
    for (const command of commands) {
      const { code, text } = await ftp.send(command);
      expect({ command, refused: code >= 500, text }).toEqual({ command, refused: true, text });
      expect(text).not.toContain('uid=');
    }
    expect(await inPod(['find', HOME, '-type', 'l'])).toBe('');
  });

  check('the server connects to nobody but its client', { of }, async () => {
    const [mysql] = (await get(['pods', '-l', ofService('mysql')])).items;
    const targets = [
      [mysql.status.podIP, 3306],
      ['127.0.0.1', 2121],
      [FACTS.node, 10250],
      ['198.51.100.1', 80],
    ];
    for (const [host, port] of targets) {
      const numbers = [...host.split('.'), port >> 8, port & 255].join(',');
      for (const [command, argument] of [
        ['PORT', numbers],
        ['EPRT', `|1|${host}|${port}|`],
      ] as [string, string][]) {
        const { code, text } = await ftp.send(command, argument);
        expect({ command, host, refused: code >= 400, text }).toEqual({ command, host, refused: true, text });
      }
    }
  });

  check('what is sent before TLS begins is not taken for a part of it', { of }, async () => {
    const { host, port } = placeOf('ftps', 'ftp');
    const plain = connect({ host, port });
    plain.on('error', () => {});
    await once(plain, 'data');
    plain.write(`AUTH TLS\r\nUSER ${LOGIN}\r\n`);
    expect(`${await once(plain, 'data')}`).toMatch(/^234/);
    const secured = tls.connect({ socket: plain, rejectUnauthorized: false });
    secured.on('error', () => {});
    secured.on('secureConnect', () => secured.write('NOOP\r\n'));
    const answer = await Promise.race([once(secured, 'data').catch(() => ''), closed(plain)]);
    secured.destroy();
    expect(`${answer}`).not.toMatch(/^331/);
  });

  check('a data connection without TLS carries nothing', { of }, async () => {
    const plain = connect(await ftp.extendedPassive());
    const received: Buffer[] = [];
    plain.on('data', (chunk: Buffer) => received.push(chunk));
    plain.on('error', () => {});
    await once(plain, 'connect');
    expect((await ftp.send('RETR', own)).code).toBe(150);
    plain.end('no TLS');
    await closed(plain);
    expect(Buffer.concat(received).includes(content.subarray(0, 16))).toBe(false);
  });
});

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.on('close', () => resolve()));
}

function inPod(command: string[]): Promise<string> {
  return kubectl(['-n', NAMESPACE, 'exec', 'deploy/ftps', '-c', 'ftps', '--', ...command]);
}
