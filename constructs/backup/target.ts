import { Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { Credentials } from '../credentials';
import { Endpoint } from '../endpoint';
import type { Isolation } from '../private/isolation';
import type { Instance } from '../private/names';
import { isText } from '../private/problems';
import type { Mount } from '../private/volume';
import type { Storage } from '../storage';

/** A bucket of an S3-compatible store. */
export interface S3Props {
  /**
   * The store's URL, such as `https://s3.eu-central-1.amazonaws.com`. For a store in the cluster use the port on which
   * its pods listen: a network policy is about the ports of pods, not of Services.
   */
  readonly endpoint: string;

  /** The bucket, which exists. */
  readonly bucket: string;

  /** A Secret with the access key's id as `username` and the secret access key as `password`. */
  readonly credentials: Credentials;

  /**
   * The store's region.
   * @default 'us-east-1'
   */
  readonly region?: string;

  /**
   * The folder in the bucket. Systems that share a bucket, and are not to restore each other's backups, need one each.
   * @default - none
   */
  readonly prefix?: string;
}

/** What pods need, to reach where backups are kept. */
export interface ConnectedTarget {
  readonly env: { readonly [name: string]: string };
  readonly mounts: Mount[];
}

/** Lets the pods of a job reach where backups are kept. */
export type ConnectTarget = (isolation: Isolation) => ConnectedTarget;

const FOLDER = '/backups';

/** Where backups are kept. */
export class BackupTarget {
  /**
   * A volume, by preference on other disks than the data.
   *
   * @param storage `Storage.claim(…)` makes one for this backup, of 20 GiB unless told otherwise. Where jobs may run on
   * several nodes at once, use `Storage.shared(…)`: else one waits for the other.
   */
  public static volume(storage: Storage): BackupTarget {
    return new BackupTarget((scope, instance) => {
      const { volume, ...mount } = storage._claim(scope, { instance, path: FOLDER, size: Size.gibibytes(20) });
      const mounts = [{ ...mount, volume: { ...volume, name: 'backups' } }];
      return () => ({ env: { TARGET_TYPE: 'local', TARGET_PATH: FOLDER }, mounts });
    });
  }

  /**
   * A bucket of an S3-compatible store.
   *
   * @param props Store, bucket and access key.
   * @throws If the endpoint is no URL of a host, the bucket's name or the prefix is none, or the credentials are no
   * `Credentials`.
   */
  public static s3(props: S3Props): BackupTarget {
    const { endpoint, bucket, prefix } = props;
    const [, scheme, host = '', port] = /^(https?):\/\/([^/:@]+)(?::(\d+))?\/?$/.exec(endpoint) ?? [];
    if (!scheme) {
      throw new Error(
        `BackupTarget.s3: 'endpoint' is '${endpoint}'; use a URL without a path, such as 'https://s3.example.org'`,
      );
    }
    if (!isText(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, bucket)) {
      throw new Error(`BackupTarget.s3: 'bucket' is '${bucket}'; use the name of a bucket alone, without a path`);
    }
    if (prefix !== undefined && (!/^[\w.-]+(\/[\w.-]+)*$/.test(prefix) || prefix.split('/').includes('..'))) {
      throw new Error(`BackupTarget.s3: 'prefix' is '${prefix}'; use folders such as 'shop/weekly'`);
    }
    Credentials._check('BackupTarget.s3', 'credentials', props.credentials);
    const server = Endpoint.external({ host, port: Number(port ?? (scheme === 'https' ? 443 : 80)) });
    return new BackupTarget(() => (isolation) => {
      server.endpoint._connect(isolation);
      return {
        env: {
          TARGET_TYPE: 's3',
          TARGET_PATH: [bucket, prefix].filter((part) => part !== undefined).join('/'),
          S3_ENDPOINT: endpoint,
          S3_REGION: props.region ?? 'us-east-1',
          S3_PROVIDER: host.endsWith('.amazonaws.com') ? 'AWS' : 'Other',
        },
        mounts: [props.credentials._login('/run/secrets/target', 'target').mount],
      };
    });
  }

  private constructor(
    /** @internal */
    public readonly _bind: (scope: Construct, instance: Instance) => ConnectTarget,
  ) {}
}
