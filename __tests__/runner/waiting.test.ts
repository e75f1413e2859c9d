import { run } from '../e2e/runner/run';
import { waitUntil } from '../e2e/runner/wait';
import { within } from '../e2e/runner/waiting';

describe('a deadline', () => {
  it('says what was waited for, the longest first', async () => {
    const ready = () => run('sleep', ['1']).then(() => true);
    const waiting = waitUntil('the pod to be ready', ready, { seconds: 1 });
    await expect(within(0.2, '3 minutes', waiting)).rejects.toThrow(
      /^3 minutes are over; it waits for the pod to be ready \(for \d s\), in it for sleep 1 \(for \d s\)$/,
    );
    await waiting;
  });

  it('says so where nothing is waited for', async () => {
    const work = new Promise((resolve) => setTimeout(resolve, 300));
    await expect(within(0.1, '3 s', work)).rejects.toThrow('3 s are over; it waits for no command and no condition');
    await work;
  });

  it('is none for what ends before', async () => {
    await expect(within(5, '5 s', Promise.resolve(7))).resolves.toBe(7);
  });
});
