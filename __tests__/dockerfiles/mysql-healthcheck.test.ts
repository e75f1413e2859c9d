import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SCRIPT = join(__dirname, '../../dockerfiles/mysql/healthcheck');

/** What the check ends with where the server answers so. */
function statusWhere(answer: string): number | null {
  const folder = mkdtempSync(join(tmpdir(), 'healthcheck-'));
  writeFileSync(join(folder, 'mariadb'), `#!/bin/sh\n${answer}\n`, { mode: 0o755 });
  try {
    return spawnSync('bash', [SCRIPT], { env: { PATH: `${folder}:${process.env.PATH}` }, timeout: 10_000 }).status;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('the health check of MySQL', () => {
  it('is content with a server that answers', () => {
    expect(statusWhere('echo')).toBe(0);
  });

  it('takes a server with as many clients as there may be for a healthy one', () => {
    expect(statusWhere('echo "ERROR 1040 (08004): Too many connections" >&2; exit 1')).toBe(0);
  });

  it.each([
    "ERROR 2002 (HY000): Can't connect to local server through socket '/run/mysqld/mysqld.sock' (2)",
    "ERROR 1045 (28000): Access denied for user 'mysql'@'localhost'",
  ])('is not content with: %s', (error) => {
    expect(statusWhere(`echo "${error}" >&2; exit 1`)).toBe(1);
  });
});
