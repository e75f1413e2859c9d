import { isIPv4, isIPv6 } from 'node:net';

/** Refuses what is no network in the notation of network policies, such as `10.0.0.0/16`. */
export function checkNetworks(where: string, prop: string, networks: readonly string[] | undefined): void {
  if (networks?.length === 0) {
    throw new Error(`${where}: '${prop}' is empty, so that nothing could be reached; name a network, or leave it out`);
  }
  const wrong = networks?.findIndex((network) => !isNetwork(network)) ?? -1;
  if (wrong !== -1) {
    throw new Error(
      `${where}: '${prop}' has '${networks?.[wrong]}', which is no network; use such as '10.0.0.0/16', or '192.0.2.7/32' for one address`,
    );
  }
}

function isNetwork(network: string): boolean {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(network) ?? [];
  return (isIPv4(address) && Number(length) <= 32) || (isIPv6(address) && Number(length) <= 128);
}
