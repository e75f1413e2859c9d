import { randomBytes } from 'node:crypto';
import { placeOf, url } from './facts';
import { FtpClient } from './ftps';
import { Browser } from './http';
import { InfluxDbClient } from './influxdb';
import { PhpMyAdminUser } from './phpmyadmin';
import { ssh } from './ssh';
import { WordPressUser } from './wordpress';

/** In the names and texts of all that this file of tests leaves in the system until its end. */
export const MARK = `e2e${randomBytes(4).toString('hex')}`;

/** What there was before a service was disturbed, and must be there afterwards. */
export class Belongings {
  static async leave(): Promise<Belongings> {
    const admin = await WordPressUser.login('admin');
    const comment = await admin.comment(`${MARK} of before`);
    const file = randomBytes(300_000);
    const ftp = await FtpClient.login();
    await ftp.store(`${MARK}-kept`, file, await ftp.extendedPassive());
    ftp.close();
    const oldestPoint = await InfluxDbClient.use((influxdb) => influxdb.time('ASC'));
    return new Belongings(admin, comment, file, oldestPoint);
  }

  private written = 0;

  private constructor(
    readonly admin: WordPressUser,
    readonly comment: number,
    readonly file: Buffer,
    readonly oldestPoint: number,
  ) {}

  /** Fails unless a service does all that it is for, with all that it had, after a moment. */
  async complete(service: string, moment: number): Promise<void> {
    const test = TESTS[service];
    if (!test) {
      throw new Error(`there is no test of '${service}'`);
    }
    await test(this, moment);
  }

  /** Writes a comment of its own, as WordPress takes none twice. */
  async writeComment(): Promise<void> {
    this.written++;
    await this.admin.comment(`${MARK} number ${this.written}`);
  }

  async remove(): Promise<void> {
    await this.admin.removeComments(MARK);
    const ftp = await FtpClient.login();
    for (const name of ['kept', 'new']) {
      await ftp.send('DELE', `${MARK}-${name}`);
    }
    ftp.close();
  }
}

const TESTS: { [service: string]: (had: Belongings, moment: number) => Promise<void> } = {
  nginx: entryWorks,
  ssh: sshWorks,
  wordpress: siteWorks,
  phpmyadmin: administrationWorks,
  ftps: transfersWork,
  mysql: async (had) => {
    await siteWorks(had);
    await administrationWorks();
  },
  influxdb: pointsArrive,
  telegraf: pointsArrive,
  grafana: async () => {
    const reply = await new Browser(url('https', placeOf('grafana', 'http'))).get('/api/health');
    expectStatus('/api/health', reply.status, 200);
  },
};

async function entryWorks(): Promise<void> {
  const plain = await new Browser(url('http', placeOf('nginx', 'http'))).get('/');
  expectStatus('http /', plain.status, 301);
  const secure = new Browser(url('https', placeOf('nginx', 'https')));
  expectStatus('https /', (await secure.get('/')).status, 200);
  expectStatus('https /wordpress', (await secure.get('/wordpress')).status, 307);
  expectStatus('https /phpmyadmin/', (await secure.get('/phpmyadmin/')).status, 200);
}

async function sshWorks(): Promise<void> {
  const { code, stdout, stderr } = await ssh(['echo', 'in']);
  if (code !== 0 || stdout.trim() !== 'in') {
    throw new Error(`expected 'in' by ssh, got ${code}: ${stdout}${stderr}`);
  }
}

async function siteWorks(had: Belongings): Promise<void> {
  const site = new Browser(url('https', placeOf('wordpress', 'http')));
  expectStatus('the front page', (await site.get(`/?uncached=${Date.now()}`)).status, 200);
  const list = await had.admin.browser.get('/wp-admin/edit-comments.php');
  expectStatus("admin's list of comments", list.status, 200);
  await had.writeComment();
  if (!(await had.admin.comments(MARK)).has(had.comment)) {
    throw new Error(`expected comment ${had.comment} of before in the list of comments, and it is gone`);
  }
}

async function administrationWorks(): Promise<void> {
  const user = await PhpMyAdminUser.login(new Browser(url('https', placeOf('phpmyadmin', 'http'))));
  const rows = await user.query(`SELECT comment_content FROM wp_comments WHERE comment_content LIKE '${MARK}%'`);
  if (!rows.includes(`${MARK} of before`)) {
    throw new Error(`expected the comment of before in wp_comments, got ${rows.slice(0, 300)}`);
  }
}

async function transfersWork(had: Belongings): Promise<void> {
  const ftp = await FtpClient.login();
  try {
    await expectBytes(had.file, await ftp.receive('RETR', `${MARK}-kept`, await ftp.passive()));
    const file = randomBytes(100_000);
    await ftp.store(`${MARK}-new`, file, await ftp.extendedPassive());
    await expectBytes(file, await ftp.receive('RETR', `${MARK}-new`, await ftp.extendedPassive()));
  } finally {
    ftp.close();
  }
}

async function pointsArrive(had: Belongings, moment: number): Promise<void> {
  await InfluxDbClient.use(async (influxdb) => {
    const newest = await influxdb.time('DESC');
    if (newest <= moment) {
      throw new Error(`expected points after ${iso(moment)}, the newest is of ${iso(newest)}`);
    }
    const oldest = await influxdb.time('ASC');
    if (oldest > had.oldestPoint) {
      throw new Error(`expected points from ${iso(had.oldestPoint)} on, the oldest is of ${iso(oldest)}`);
    }
  });
}

function expectStatus(what: string, status: number, expected: number): void {
  if (status !== expected) {
    throw new Error(`expected ${expected} for ${what}, got ${status}`);
  }
}

export function expectBytes(expected: Buffer, received: Buffer): void {
  if (!received.equals(expected)) {
    const where = expected.findIndex((byte, index) => byte !== received[index]);
    throw new Error(
      `expected ${expected.length} bytes as they were stored, got ${received.length}, different from byte ${where}`,
    );
  }
}

function iso(moment: number): string {
  return new Date(moment).toISOString();
}
