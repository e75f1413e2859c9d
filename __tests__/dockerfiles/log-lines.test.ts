import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { testsWith } from '../support/programs';

const SCRIPT = join(__dirname, '../../dockerfiles/mysql/log-lines');
const withPerl = testsWith('perl', ['--version'], 'how lines of logs are joined (but by the end-to-end tests)');

const run = (input: string, ...command: string[]) =>
  spawnSync('perl', [SCRIPT, 'shop', ...command], { input, encoding: 'utf8', timeout: 10_000 });
const lines = (input: string) => run(input).stdout.split('\n').slice(0, -1);
const GIVEN_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ error shop: /;

withPerl.describe('log-lines', () => {
  it.each([
    '2026-11-21T17:05:20Z info mysql: creating the data directory',
    '2026-11-21 17:05:23 0 [Note] InnoDB: Opened 3 undo tablespaces',
    'ts=2026-11-21T17:06:04.426400Z lvl=info msg="Listening for signals"',
    '[21-Nov-2026 17:06:05] NOTICE: ready to handle connections',
    '[21-Nov-2026 17:06:08 UTC] PHP Warning:  Undefined variable $a in /srv/a.php on line 1',
  ])('leaves as it is: %s', (line) => {
    expect(lines(`${line}\n${line}\n`)).toEqual([line, line]);
  });

  it('takes what InfluxDB says of an error for one, whatever level it has', () => {
    const [before, after] = ['ts=2026-11-21T17:05:00.190Z lvl=', ' msg="Error executing query" error="[panic: nil]"'];
    expect(lines(`${before}info${after}\n${before}warn${after}\n`)).toEqual([
      `${before}error${after}`,
      `${before}warn${after}`,
    ]);
    const fine = 'ts=2026-11-21T17:05:00.190Z lvl=info msg="Compacted" errors=0';
    expect(lines(`${fine}\n`)).toEqual([fine]);
  });

  it('puts what goes on over several lines into one', () => {
    const first = '[21-Nov-2026 17:06:08 UTC] PHP Fatal error:  Uncaught Exception: no in /srv/a.php:2';
    const next = '2026-11-21 17:05:26 0 [Note] mysqld: ready for connections.';
    expect(lines(`${first}\nStack trace:\n#0 {main}\n\n  thrown\n${next}\nVersion: '11.8'`)).toEqual([
      `${first} | Stack trace: | #0 {main} |   thrown`,
      `${next} | Version: '11.8'`,
    ]);
  });

  it('gives a level to what a program logs by way of PHP', () => {
    expect(lines('[21-Nov-2026 17:06:08 UTC] WordPress database error no such table\n')).toEqual([
      '[21-Nov-2026 17:06:08 UTC] ERROR: WordPress database error no such table',
    ]);
  });

  it('gives time and level to what has none, which is never a part of what InfluxDB logs', () => {
    const whole = 'ts=2026-11-21T17:05:50.760279Z lvl=info msg="Open store (start)"';
    const [first, second, ...more] = lines(`${whole}\nrun: open server: permission denied\n`);
    expect([first, more]).toEqual([whole, []]);
    expect(second).toMatch(GIVEN_TIME);
    expect(second).toMatch(/Z error shop: run: open server: permission denied$/);
  });

  it('lets no line grow without end, whatever comes', () => {
    const found = lines(`${'no time '.repeat(500)}\n`.repeat(100));
    expect(found.length).toBeGreaterThan(1);
    expect(Math.max(...found.map((line) => line.length))).toBeLessThan(75_000);
    expect(found.filter((line) => !GIVEN_TIME.test(line))).toEqual([]);
    const endless = lines('x'.repeat(1_000_000));
    expect(Math.max(...endless.map((line) => line.length))).toBeLessThan(300_000);
  });

  it('tells a line at once, and joins no line that comes later', () => {
    const { stdout } = run('', 'sh', '-c', 'echo first; sleep 0.6; echo second >&2');
    expect(stdout.split('\n').map((line) => line.replace(GIVEN_TIME, ''))).toEqual(['first', 'second', '']);
  });

  it.each([
    [0, 'exit 0'],
    [64, 'echo wrong; exit 64'],
    [137, 'kill -9 $$'],
    [3, "trap 'exit 3' TERM; kill -TERM $PPID; sleep 5 & wait"],
  ])('ends with %i as its command does: %s', (status, command) => {
    expect(run('', 'sh', '-c', command).status).toBe(status);
  });

  it('tells of a command that was killed, which can tell nothing', () => {
    expect(run('', 'sh', '-c', 'kill -9 $$').stdout).toMatch(GIVEN_TIME);
    expect(run('', 'sh', '-c', 'kill -9 $$').stdout).toMatch(/ ended by signal 9\n$/);
    expect(run('', 'sh', '-c', 'kill -TERM $$').stdout).toBe('');
  });

  it('ends soon after its command, whoever still could say something', () => {
    const started = Date.now();
    expect(run('', 'sh', '-c', 'sleep 5 & echo last').stdout).toMatch(/last\n$/);
    expect(Date.now() - started).toBeLessThan(4000);
  });
});
