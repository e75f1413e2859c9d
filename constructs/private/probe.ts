import { k8s } from 'cdk8s-plus-28';

/** Whether a port, by its name or number, answers an HTTP request with a status from 200 to 399. */
export function http(port: string | number, path: string, scheme?: 'HTTPS'): k8s.Probe {
  return { httpGet: { port: intOrString(port), path, scheme }, timeoutSeconds: 5 };
}

/** Whether a port, by its name or number, takes connections. */
export function tcpSocket(port: string | number): k8s.Probe {
  return { tcpSocket: { port: intOrString(port) }, timeoutSeconds: 3 };
}

/** Whether a command inside the container ends with 0. */
export function command(...words: string[]): k8s.Probe {
  return { exec: { command: words }, timeoutSeconds: 5 };
}

function intOrString(value: string | number): k8s.IntOrString {
  return typeof value === 'number' ? k8s.IntOrString.fromNumber(value) : k8s.IntOrString.fromString(value);
}
