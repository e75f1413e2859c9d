/**
 * @lane core
 * @needs nothing
 * @disturbs nothing
 * @minutes 8
 */
import { Size } from 'cdk8s';
import { BackupTarget, Storage } from '../../constructs';
import { commandSucceeds, keptBy, succeed } from './cluster/backups';
import { built } from './cluster/images';
import { get, readyPod } from './cluster/kubectl';
import { applyOwn, removeOwn } from './cluster/namespaces';
import { addSystem, Data, SERVICES } from './fixtures/backed-up';
import { MARK } from './fixtures/belongings';
import { check, setUp } from './runner/check';

/** A system whose data is backed up, deleted and brought back. */
describe('backup', () => {
  let data: Data;
  const kept: { [service: string]: string } = {};
  const about = { of: [...SERVICES, ...SERVICES.map((service) => `backup-${service}`)], namespace: () => MARK };
  setUp(async () => {
    await built('backup');
    await applyOwn((app) => addSystem(app, MARK, BackupTarget.volume(Storage.claim({ size: Size.gibibytes(1) }))));
    await Promise.all(SERVICES.map((service) => readyPod(service, 120, MARK)));
    data = await Data.write(MARK);
  }, 360);
  afterAll(removeOwn);

  check('of each service is made, tried out and kept', { ...about, seconds: 240 }, async () => {
    const said = await Promise.all(SERVICES.map((service) => succeed(MARK, `backup-${service}`, `${service}-1`)));
    SERVICES.forEach((service, index) => {
      kept[service] = keptBy(said[index] ?? '');
    });
    expect(said.join('\n')).toContain('restored 1 databases into a server of its own');
    expect(said.join('\n')).toContain("of 'metrics' in 'autogen' into a server of its own, which has the same");
    await data.complete(MARK);
  });

  check('is listed while none is made or restored', { ...about, seconds: 120 }, async () => {
    const reports = await Promise.all(SERVICES.map((service) => commandSucceeds(MARK, 'backups', `backup-${service}`)));
    for (const [index, service] of SERVICES.entries()) {
      const about = `${service} in ${MARK}, by backup-${service}`;
      expect(reports[index]).toMatch(
        new RegExp(`${about}\\n  last run  succeeded .*\\n  next run  in .* 03:00 Etc/UTC\\n`),
      );
      expect(reports[index]).toMatch(new RegExp(`  ${kept[service]}  .* ago +[\\d.]+ k?B +verified`));
    }
    const { items } = await get(['jobs'], MARK);
    expect(items.filter(({ metadata }: any) => metadata.name.includes('-list-'))).toEqual([]);
  });

  check('brings back what was deleted', { ...about, seconds: 400 }, async () => {
    await data.remove();
    await expect(data.complete(MARK)).rejects.toThrow(/expected/);
    await Promise.all(SERVICES.map((service) => commandSucceeds(MARK, 'restore', `backup-${service}`)));
    await data.complete(MARK);
  });
});
