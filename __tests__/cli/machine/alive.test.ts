import { spawnSync } from 'node:child_process';
import { isAlive } from '../../../cli/machine/alive';

describe('a process', () => {
  it('lives as long as it can be sent a signal', () => {
    expect(isAlive(process.pid)).toBe(true);
    expect(isAlive(spawnSync('true').pid)).toBe(false);
  });

  it('of another user lives, though it can be sent none', () => {
    const refusal = Object.assign(new Error('not permitted'), { code: 'EPERM' });
    const kill = jest.spyOn(process, 'kill').mockImplementation(() => {
      throw refusal;
    });
    expect(isAlive(1)).toBe(true);
    kill.mockRestore();
  });
});
