import { eachPod, type Rule, shown, when } from '../rule';

export const serviceLinks: Rule = {
  name: 'service-links',
  recommendation: "The environment has no variables that other people's Services put there",
  fix: 'set enableServiceLinks to false',
  check: eachPod(({ spec: { enableServiceLinks } }) =>
    when(enableServiceLinks !== false, shown('enableServiceLinks', enableServiceLinks)),
  ),
};
