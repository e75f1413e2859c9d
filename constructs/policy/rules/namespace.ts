import { type Rule, shown, when } from '../rule';

const ENFORCE = 'pod-security.kubernetes.io/enforce';

export const namespaceLabel: Rule = {
  name: 'namespace-label',
  recommendation: 'A namespace refuses pods that do not meet Pod Security "restricted", whoever makes them',
  fix: `label the Namespace ${ENFORCE}: restricted`,
  check: (app) =>
    app.ofKind('Namespace').flatMap((object) => {
      const level = object.metadata.labels?.[ENFORCE];
      return when(level !== 'restricted', shown(`label ${ENFORCE}`, level)).map((text) => ({ object, text }));
    }),
};
