/**
 * @lane core
 * @needs system
 * @disturbs nginx ssh wordpress phpmyadmin ftps mysql influxdb telegraf grafana
 * @minutes 8
 */
import { InfluxDbClient } from './clients/influxdb';
import { kubectl, NAMESPACE, type Pod, readyPod } from './cluster/kubectl';
import { Belongings, MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';
import { FACTS } from './runner/facts';
import { succeeds, waitUntil } from './runner/wait';

const SERVICES = ['nginx', 'wordpress', 'phpmyadmin', 'ftps', 'influxdb', 'telegraf', 'grafana'];
/** What a pod may take that ends in peace and starts anew. */
const SECONDS = 90;

describe('delete', () => {
  let had: Belongings;
  setUp(async () => {
    had = await Belongings.leave();
  });
  afterAll(() => had?.remove());

  for (const service of SERVICES) {
    const skip = service === 'grafana' ? FACTS.grafanaMissing : undefined;
    check(
      `after the deletion of ${service}'s pod, all is as before`,
      { of: [service], skip, seconds: 180 },
      async () => {
        const before = await readyPod(service);
        const moment = Date.now();
        await deletePod(before);
        const after = await readyPod(service, SECONDS, NAMESPACE, before.uid);
        await succeeds(`${service} to work as before`, () => had.complete(service, moment), {
          seconds: 30,
        });
        if (service === 'nginx') {
          await had.complete('ssh', moment);
        }
        const restarts = Object.values(after.containers).map((container) => container.restarts);
        expect({ restarts }).toEqual({ restarts: restarts.map(() => 0) });
      },
    );
  }

  check('points of before the deletion of InfluxDB are still there', { of: ['influxdb', 'telegraf'] }, async () => {
    const oldest = await InfluxDbClient.use((influxdb) => influxdb.time('ASC'));
    expect(oldest).toBeGreaterThan(0);
    expect(oldest).toBeLessThanOrEqual(had.oldestPoint);
  });

  for (const how of ['deleted', 'killed without notice']) {
    const of = ['mysql', 'wordpress'];
    check(`MySQL ${how} while comments are written: none that was accepted is lost`, { of, seconds: 180 }, async () => {
      const before = await readyPod('mysql');
      const writer = new Writer(had, how.replaceAll(' ', ''));
      try {
        await waitUntil('ten comments', async () => writer.accepted.size >= 10, { seconds: 30, everyMs: 50 });
        await (how === 'deleted' ? deletePod(before) : deletePod(before, '--grace-period=0', '--force'));
        await readyPod('mysql', SECONDS, NAMESPACE, before.uid);
        const back = writer.accepted.size;
        await waitUntil('ten more comments', async () => writer.accepted.size >= back + 10, {
          seconds: 60,
          everyMs: 50,
        });
      } finally {
        await writer.stop();
      }
      const kept = await had.admin.comments(MARK);
      const lost = [...writer.accepted].filter(([id, text]) => kept.get(id) !== text);
      expect({ accepted: writer.accepted.size, lost }).toEqual({ accepted: writer.accepted.size, lost: [] });
      await had.complete('mysql', 0);
    });
  }
});

async function deletePod({ name }: Pod, ...how: string[]): Promise<void> {
  await kubectl(['-n', NAMESPACE, 'delete', 'pod', name, '--wait=false', ...how]);
}

/** Writes one comment after the other, and remembers those of which WordPress said that it has them. */
class Writer {
  readonly accepted = new Map<number, string>();
  private going = true;
  private readonly work: Promise<void>;

  constructor(had: Belongings, name: string) {
    this.work = this.write(had, name);
  }

  async stop(): Promise<void> {
    this.going = false;
    await this.work;
  }

  private async write(had: Belongings, name: string): Promise<void> {
    for (let count = 0; this.going; count++) {
      const text = `${MARK} ${name} ${count}`;
      const id = await had.admin.comment(text).catch(() => undefined);
      if (id !== undefined) {
        this.accepted.set(id, text);
      }
    }
  }
}
