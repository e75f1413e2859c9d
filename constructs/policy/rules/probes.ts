import { isKind } from '../../manifest/kinds';
import { type Handler, mainContainers, type Pod } from '../../manifest/pods';
import { eachContainer, type Rule, when } from '../rule';

export const probes: Rule = {
  name: 'probes',
  recommendation:
    'A container is asked whether it serves now, and otherwise whether it ever will again: one question for both ' +
    'restarts what only waits',
  fix: 'set readinessProbe and livenessProbe, each with another action',
  check: eachContainer(
    ({ readinessProbe, livenessProbe }) => [
      ...when(!readinessProbe, 'readinessProbe is not set'),
      ...when(!livenessProbe, 'livenessProbe is not set'),
      ...when(same(readinessProbe, livenessProbe), 'livenessProbe does what readinessProbe does'),
    ],
    (pod) => (runsToItsEnd(pod) ? [] : mainContainers(pod)),
  ),
};

function runsToItsEnd({ object, spec: { restartPolicy = 'Always' } }: Pod): boolean {
  return isKind(object, 'Job', 'CronJob') || restartPolicy !== 'Always';
}

function same(one?: Handler, other?: Handler): boolean {
  const action = ({ httpGet, tcpSocket, exec, grpc }: Handler) => JSON.stringify([httpGet, tcpSocket, exec, grpc]);
  return Boolean(one && other && action(one) === action(other));
}
