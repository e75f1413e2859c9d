/**
 * @lane core
 * @needs system
 * @disturbs nothing
 * @minutes 3
 */
import { get } from './cluster/kubectl';
import { apply, changes, synthesized } from './cluster/synthesized';
import { check, setUp } from './runner/check';

const KINDS =
  'deployments,statefulsets,services,configmaps,secrets,networkpolicies,persistentvolumeclaims,serviceaccounts,pods';

describe('apply', () => {
  let dist = '';
  setUp(async () => {
    dist = await synthesized();
  });

  check('the API server accepts all that is synthesized', { of: [] }, async () => {
    const accepted = await apply(dist, '--dry-run=server');
    expect(accepted.trim().split('\n').length).toBeGreaterThan(40);
  });

  check('what runs is what is synthesized', { of: [] }, async () => {
    expect({ different: await changes(dist) }).toEqual({ different: [] });
  });

  check('applied twice it changes no generation, restart count or pod', { of: [], seconds: 120 }, async () => {
    const different = await changes(dist);
    if (different.length > 0) {
      throw new Error(
        `expected the running system to be the one synthesized, but ${different.join(', ')}; run: npm run up`,
      );
    }
    const before = await state();
    await apply(dist);
    await apply(dist);
    expect(await state()).toEqual(before);
  });
});

/** What would change if anything were rolled: the same lines for the same system. */
async function state(): Promise<string[]> {
  const { items } = await get([KINDS]);
  return items
    .map(({ kind, metadata, status }: any) => {
      const restarts = (status?.containerStatuses ?? []).map(({ restartCount }: any) => restartCount);
      return `${kind} ${metadata.name} ${metadata.uid} generation ${metadata.generation} restarts ${restarts}`;
    })
    .sort();
}
