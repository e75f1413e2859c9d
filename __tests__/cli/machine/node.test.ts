import { isNodeAccepted } from '../../../cli/machine/node';
import { engines } from '../../../package.json';

it('Node.js is accepted from the version on that package.json names', () => {
  expect(engines.node).toBe('>= 20.12.0');
  expect(['18.20.8', '20.0.0', '20.11.1'].map(isNodeAccepted)).toEqual([false, false, false]);
  expect(['20.12.0', '20.12.1', '20.13.0', '22.1.0', '100.0.0'].map(isNodeAccepted)).toEqual(Array(5).fill(true));
});
