import { securityContexts } from '../../manifest/pods';
import { eachContainer, eachPod, type Rule, shown, when } from '../rule';

export const hostNamespaces: Rule = {
  name: 'host-namespaces',
  recommendation: "A pod has a network, processes and memory of its own, so that it can't reach those of its node",
  fix: 'leave out hostNetwork, hostPID and hostIPC; open the pod by a Service',
  check: eachPod(({ spec }) =>
    (['hostNetwork', 'hostPID', 'hostIPC'] as const).flatMap((field) =>
      when(spec[field] === true, shown(field, spec[field])),
    ),
  ),
};

export const hostPorts: Rule = {
  name: 'host-ports',
  recommendation: 'A container takes no port of its node, which the network policies of pods do not guard',
  fix: 'leave out hostPort; open the port by a Service',
  check: eachContainer(({ ports = [] }) =>
    ports.flatMap(({ hostPort }) => when(Boolean(hostPort), shown('hostPort', hostPort))),
  ),
};

export const hostProbes: Rule = {
  name: 'host-probes',
  recommendation: 'Probes and lifecycle hooks call their own pod, because the node that makes the call may reach more',
  fix: 'leave out host in httpGet and tcpSocket',
  check: eachContainer((container) => {
    const { startupProbe, readinessProbe, livenessProbe, lifecycle } = container;
    const handlers = { startupProbe, readinessProbe, livenessProbe, ...lifecycle };
    return Object.entries(handlers).flatMap(([name, handler]) => {
      const host = handler?.httpGet?.host || handler?.tcpSocket?.host;
      return when(Boolean(host), shown(`host of ${name}`, host));
    });
  }),
};

export const hostProcess: Rule = {
  name: 'host-process',
  recommendation: 'A container of a Windows node is no process of the node',
  fix: 'leave out windowsOptions.hostProcess',
  check: eachPod((pod) =>
    securityContexts(pod).flatMap(({ called, context: { windowsOptions } }) =>
      when(windowsOptions?.hostProcess === true, `${called}: windowsOptions.hostProcess is true`),
    ),
  ),
};
