/**
 * @lane core
 * @needs system lftp
 * @disturbs ftps
 * @minutes 4
 */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { curl, curled } from './clients/curl';
import { FtpClient, LOGIN, password } from './clients/ftps';
import { get, kubectl, NAMESPACE, ofService, readyPod, secret } from './cluster/kubectl';
import { expectBytes, MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { NO_BALANCER, type Place, placeOf, ways } from './runner/facts';
import { folder, privateFile } from './runner/folder';
import { type Result, run } from './runner/run';

/** A name in the certificate, at which clients are told to find the address. */
const HOST = 'ftps';

describe('ftps', () => {
  const of = ['ftps'];
  const content = randomBytes(1_500_000);
  let upload = '';
  let authority = '';
  let login = '';
  let range: number[] = [];
  setUp(async () => {
    upload = privateFile('upload', content);
    authority = privateFile('ca.crt', await secret('ftps-tls', 'ca.crt'));
    login = `${LOGIN}:${await password()}`;
    const { spec } = await get(['service', 'ftps']);
    range = spec.ports.map(({ port }: any) => port).filter((port: number) => port !== 21);
  });
  afterAll(async () => {
    const ftp = await FtpClient.login();
    for (const name of ['lftp', 'curl', 'own', 'slow']) {
      await ftp.send('DELE', `${MARK}-${name}`);
    }
    ftp.close();
  });

  /** curl's arguments to reach the server by its name, with its certificate checked. */
  const secured = ({ host, port }: Place) => [
    '--ssl-reqd',
    '--cacert',
    authority,
    '--resolve',
    `${HOST}:${port}:${host}`,
  ];

  for (const { by, skip, place } of ways('ftps', 'ftp')) {
    const modes: { [mode: string]: { curl: string[]; lftp: string; skip?: string } } = {
      EPSV: { curl: [], lftp: 'set ftp:prefer-epsv true' },
      'PASV that honours the announced address': {
        curl: ['--disable-epsv', '--no-ftp-skip-pasv-ip'],
        lftp: 'set ftp:prefer-epsv false; set ftp:fix-pasv-address false',
        skip: by === 'node port' ? undefined : NO_BALANCER,
      },
    };
    for (const [mode, how] of Object.entries(modes)) {
      check(`curl up and down by ${by} in ${mode}, bytes compared`, { of, skip: skip ?? how.skip }, async () => {
        const target = place();
        const file = `ftp://${HOST}:${target.port}/${MARK}-curl`;
        const args = [...secured(target), ...how.curl];
        await curled([...args, '--upload-file', upload, file], { user: login });
        const download = join(folder(), 'download');
        await curled([...args, '--output', download, file], { user: login });
        expectBytes(content, readFileSync(download));
      });

      check(`lftp up and down by ${by} in ${mode}, bytes compared`, { of, skip: skip ?? how.skip }, async () => {
        const download = join(folder(), 'download');
        const done = await lftp(place(), login, [
          how.lftp,
          `put ${upload} -o ${MARK}-lftp`,
          'cls -1',
          `get ${MARK}-lftp -o ${download}`,
        ]);
        expect({ code: done.code, says: done.stderr.trim() }).toEqual({ code: 0, says: '' });
        expect(done.stdout).toContain(`${MARK}-lftp`);
        expectBytes(content, readFileSync(download));
      });
    }

    check(`each passive port by ${by} carries a file in its turn`, { of, skip, seconds: 120 }, async () => {
      const ftp = await FtpClient.login(place());
      try {
        const small = randomBytes(5000);
        await ftp.store(`${MARK}-own`, small, await ftp.extendedPassive());
        const left = new Set(range);
        for (let turn = 0; left.size > 0 && turn < 400; turn++) {
          const to = await ftp.extendedPassive();
          expect(range).toContain(to.port);
          if (left.delete(to.port)) {
            expectBytes(small, await ftp.receive('RETR', `${MARK}-own`, to));
          }
        }
        expect({ neverOffered: [...left] }).toEqual({ neverOffered: [] });
      } finally {
        ftp.close();
      }
    });

    check(`a plain login by ${by} is refused before the password is sent`, { of, skip }, async () => {
      const ftp = await FtpClient.connect(place());
      const { code, text } = await ftp.send('USER', LOGIN);
      ftp.close();
      expect({ code, text }).toEqual({ code: 421, text: expect.stringMatching(/cleartext|TLS/i) });
    });
  }

  check('NLST names files by name, pattern and folder, and nothing outside the home', { of }, async () => {
    const ftp = await FtpClient.login();
    const names = async (argument: string) => {
      const to = await ftp.passive();
      return (await ftp.receive('NLST', argument, to)).toString().split('\r\n').filter(Boolean).sort();
    };
    const [home, inside] = [`${MARK}-nlst`, `${MARK}-nlst/inside`];
    const files = ['one.csv', 'two.csv', 'a[1].csv', '{b} c.csv', '-dash', 'é漢.txt'];
    await ftp.expect(257, 'MKD', home);
    await ftp.expect(257, 'MKD', inside);
    await ftp.expect(250, 'CWD', home);
    try {
      for (const file of files) {
        await ftp.store(file, Buffer.from('1'), await ftp.passive());
      }
      for (const file of files.filter((name) => name !== '-dash')) {
        expect(await names(file)).toEqual([file]);
      }
      expect(await names('*.csv')).toEqual(['a[1].csv', 'one.csv', 'two.csv', '{b} c.csv']);
      expect(await names('-la *.csv')).toHaveLength(4);
      expect(await names(`/${home}/o*`)).toEqual([`/${home}/one.csv`]);
      expect(await names('in*')).toEqual(['inside']);
      expect(await names('nothing*')).toEqual([]);
      expect(await names('inside')).toEqual(['inside/.', 'inside/..']);
      for (const outside of ['nothing', '../../../../etc/passwd', '/../../etc/passwd']) {
        expect((await ftp.send('NLST', outside)).code).toBe(550);
      }
      await ftp.expect(350, 'REST', '5');
      expect((await ftp.send('STOR', 'inside')).code).toBe(553);
      await ftp.expect(250, 'CWD', 'inside');
      await ftp.expect(250, 'CDUP');
    } finally {
      for (const file of files) {
        await ftp.send('DELE', file);
      }
      await ftp.send('RMD', 'inside');
      await ftp.send('CWD', '/');
      await ftp.send('RMD', home);
      ftp.close();
    }
  });

  check('a plain login is refused by curl and lftp too', { of }, async () => {
    const { host, port } = placeOf('ftps', 'ftp');
    const plain = await curl(['--verbose', `ftp://${host}:${port}/`], { user: login });
    expect(plain.code).not.toBe(0);
    expect(plain.stderr).toContain('421-Sorry, cleartext sessions');
    expect(plain.stderr).not.toContain('PASS');
    const other = await lftp(placeOf('ftps', 'ftp'), login, ['set ftp:ssl-allow no', 'cls -1']);
    expect(other.code).not.toBe(0);
  });

  check('data in clear text is refused', { of }, async () => {
    const ftp = await FtpClient.login();
    const protection = await ftp.send('PROT', 'C');
    let listing = protection;
    if (protection.code === 200) {
      await ftp.extendedPassive();
      listing = await ftp.send('NLST');
    }
    ftp.close();
    expect(listing.text).toMatch(/^(?:421|5\d\d)/);
  });

  check('a wrong password and an anonymous login are refused', { of }, async () => {
    const { host, port } = placeOf('ftps', 'ftp');
    const users = [`${LOGIN}:wrong`, 'anonymous:a@example.org', 'root:root'];
    const target = ['--ssl-reqd', '--insecure', `ftp://${host}:${port}/`];
    const answers = await Promise.all(users.map((user) => curl(target, { user })));
    expect(answers.map(({ code }) => code)).toEqual([67, 67, 67]);
  });

  check('the announced address is the one that clients came by', { of, skip: NO_BALANCER }, async () => {
    const ftp = await FtpClient.login();
    const { host } = await ftp.passive();
    ftp.close();
    expect(host).toBe(placeOf('ftps', 'ftp').host);
  });

  check('the passive ports of Service and daemon are the same', { of }, async () => {
    const { items } = await get(['pods', '-l', ofService('ftps')]);
    const { env } = items[0].spec.containers[0];
    const announced = env.find(({ name }: any) => name === 'FTPS_PASSIVE_PORTS').value;
    expect(announced).toBe(`${Math.min(...range)}:${Math.max(...range)}`);
    expect(range.length).toBe(Math.max(...range) - Math.min(...range) + 1);
  });

  check('a user sees nothing but the own home', { of }, async () => {
    const ftp = await FtpClient.login();
    const place = await ftp.send('PWD');
    await ftp.send('CWD', '../../../..');
    const names = (await ftp.receive('NLST', '-a', await ftp.extendedPassive())).toString();
    const file = await ftp.send('SIZE', '../../../../etc/passwd');
    ftp.close();
    expect(place.text).toContain('"/"');
    expect(names).not.toMatch(/^(?:etc|proc|usr)$/m);
    expect(file.code).toBe(550);
  });

  check('an interrupted download is resumed where it ended', { of }, async () => {
    const target = placeOf('ftps', 'ftp');
    const file = `ftp://${HOST}:${target.port}/${MARK}-curl`;
    await curled([...secured(target), '--upload-file', upload, file], { user: login });
    const half = privateFile('half', content.subarray(0, 700_000));
    await curled([...secured(target), '--continue-at', '-', '--output', half, file], { user: login });
    expectBytes(content, readFileSync(half));
  });

  check('a pod that is told to stop ends an upload first', { of, seconds: 120 }, async () => {
    const before = await readyPod('ftps');
    const ftp = await FtpClient.login();
    async function* slowly(): AsyncIterable<Buffer> {
      for (let at = 0; at < content.length; at += 150_000) {
        yield content.subarray(at, at + 150_000);
        if (at === 0) {
          await kubectl(['-n', NAMESPACE, 'delete', 'pod', before.name, '--wait=false']);
        }
        await sleep(1000);
      }
    }
    await ftp.store(`${MARK}-slow`, slowly(), await ftp.extendedPassive());
    ftp.close();
    await readyPod('ftps', 60, NAMESPACE, before.uid);
    const after = await FtpClient.login();
    expectBytes(content, await after.receive('RETR', `${MARK}-slow`, await after.extendedPassive()));
    after.close();
  });

  check('uploads are on the volume', { of }, async () => {
    const path = `/srv/ftp/${LOGIN}/${MARK}-curl`;
    const size = await kubectl(['-n', NAMESPACE, 'exec', 'deploy/ftps', '--', 'stat', '-c', '%s', path]);
    expect(size.trim()).toBe(`${content.length}`);
    const volumes = await kubectl(['-n', NAMESPACE, 'exec', 'deploy/ftps', '--', 'grep', ' /srv/ftp ', '/proc/mounts']);
    expect(volumes).not.toBe('');
  });
});

/** Runs lftp's commands, which come on its input, the login included. */
function lftp({ host, port }: Place, login: string, commands: string[]): Promise<Result> {
  const [user, secret] = login.split(':');
  const input = [
    'set cmd:fail-exit true',
    'set net:max-retries 1',
    'set net:timeout 10',
    'set ssl:verify-certificate no',
    'set ftp:ssl-force true',
    'set ftp:ssl-protect-data true',
    ...commands.filter((command) => command.startsWith('set ')),
    `open -u ${user},${secret} -p ${port} ${host}`,
    ...commands.filter((command) => !command.startsWith('set ')),
    'exit',
  ];
  return run('lftp', ['--norc'], { input: `${input.join('\n')}\n`, seconds: 40 });
}
