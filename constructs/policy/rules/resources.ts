import { startedContainers } from '../../manifest/pods';
import { eachContainer, type Rule, when } from '../rule';

export const resources: Rule = {
  name: 'resources',
  recommendation: 'Each container asks for what it needs and has a limit, so that no other one starves',
  fix: 'set cpu, memory and ephemeral-storage in resources.requests and in resources.limits',
  // the API has none for ephemeral containers
  check: eachContainer(
    (container) =>
      ['requests', 'limits'].flatMap((side) =>
        ['cpu', 'memory', 'ephemeral-storage'].flatMap((resource) => {
          const quantity = container.resources?.[side]?.[resource];
          // a limit of zero is none
          const missing = quantity === undefined || quantity === null || Number.parseFloat(`${quantity}`) === 0;
          return when(missing, `${side}.${resource} is ${quantity ?? 'not set'}`);
        }),
      ),
    startedContainers,
  ),
};
