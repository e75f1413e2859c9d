import { eachContainer, type Rule, shown, when } from '../rule';

export const privileged: Rule = {
  name: 'privileged',
  recommendation: 'No container is privileged: that is root on its node',
  fix: 'leave out securityContext.privileged',
  check: eachContainer(({ securityContext }) =>
    when(securityContext?.privileged === true, shown('privileged', securityContext?.privileged)),
  ),
};

export const privilegeEscalation: Rule = {
  name: 'privilege-escalation',
  recommendation: 'No process gains rights that its parent lacks, by setuid programs or otherwise',
  fix: 'set securityContext.allowPrivilegeEscalation to false',
  check: eachContainer(({ securityContext }) => {
    const value = securityContext?.allowPrivilegeEscalation;
    return when(value !== false, shown('allowPrivilegeEscalation', value));
  }),
};

export const capabilities: Rule = {
  name: 'capabilities',
  recommendation: 'A container has no capability of root',
  fix: "set securityContext.capabilities to drop: ['ALL'] and add none; listen on a port above 1023",
  check: eachContainer(({ securityContext: { capabilities: { add = [], drop = [] } = {} } = {} }) => [
    ...when(!drop.includes('ALL'), shown('capabilities.drop', drop)),
    ...when(add.length > 0, shown('capabilities.add', add)),
  ]),
};
