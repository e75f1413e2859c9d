import type { IConstruct } from 'constructs';
import type { Credentials } from '../credentials';
import type { Address, Endpoint } from '../endpoint';
import type { Isolation } from './isolation';
import type { Login } from './secret-files';

/** A server as the pods of a client see it: where it is, and the files with which they log in. */
export interface Connection extends Address {
  readonly login: Login;
}

/** Where a container has the files of a login. */
export interface Place {
  readonly folder: string;
  readonly volume: string;
}

/** A server, and a user of it. */
interface Server {
  readonly endpoint: Endpoint;
  readonly credentials: Credentials;
}

const DATABASE: Place = { folder: '/run/secrets/database', volume: 'database' };

/**
 * Lets the pods of `client` connect to a server and log in there: opens the network on both sides, and copies the Secret
 * where the two are in different namespaces. Nothing else tells them where the server is.
 *
 * @param place Where the files are to be, by the name of the Secret.
 */
export function connect(
  scope: IConstruct,
  client: Isolation,
  { endpoint, credentials }: Server,
  place: (secretName: string) => Place = () => DATABASE,
): Connection {
  const own = credentials._for(scope, client.instance);
  const { folder, volume } = place(own.secretName);
  return { ...endpoint._connect(client), login: own._login(folder, volume) };
}
