import type { Size } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import type { Construct } from 'constructs';
import { mebibytes } from './manifest/mebibytes';
import { mebibytesQuantity } from './manifest/quantity';
import { checkReference, type Instance } from './private/names';
import { reserve } from './private/uniqueness';
import type { Mount } from './private/volume';

/** A volume that is made for a service. */
export interface StorageProps {
  /**
   * How much the volume holds. It can grow later where the storage class allows that, and never shrink.
   * @default - the service's own, stated at its `storage` prop
   */
  readonly size?: Size;

  /**
   * The name of the StorageClass that provides it.
   * @default - the cluster's default class
   */
  readonly storageClass?: string;
}

/** Where a service keeps its data. */
export class Storage {
  /**
   * A volume of its own, which one node mounts at a time (ReadWriteOnce).
   *
   * @param props Size and class.
   * @throws If the size is less than 1 MiB, or no storage class can have that name.
   */
  public static claim(props: StorageProps = {}): Storage {
    return new Storage('ReadWriteOnce', props);
  }

  /**
   * A volume of its own, which pods on many nodes mount together (ReadWriteMany). The storage class must offer
   * that: NFS, CephFS and cloud file stores do, block devices don't.
   *
   * @param props Size and class.
   * @throws If the size is less than 1 MiB, or no storage class can have that name.
   */
  public static shared(props: StorageProps = {}): Storage {
    return new Storage('ReadWriteMany', props);
  }

  /**
   * An existing claim, which one node mounts at a time.
   *
   * @param claimName The name of a PersistentVolumeClaim in the same namespace.
   */
  public static existing(claimName: string): Storage {
    checkReference('Storage.existing', 'claimName', claimName);
    return new Storage('ReadWriteOnce', {}, claimName);
  }

  /**
   * An existing claim that pods on many nodes mount together (ReadWriteMany).
   *
   * @param claimName The name of a PersistentVolumeClaim in the same namespace.
   */
  public static existingShared(claimName: string): Storage {
    checkReference('Storage.existingShared', 'claimName', claimName);
    return new Storage('ReadWriteMany', {}, claimName);
  }

  private constructor(
    private readonly accessMode: string,
    private readonly props: StorageProps,
    private readonly claimName?: string,
  ) {
    const { size, storageClass } = props;
    if (size && mebibytes(size) < 1) {
      throw new Error("Storage: 'size' is 0 MiB; use 1 MiB or more");
    }
    // an empty one is for volumes that somebody makes by hand
    if (storageClass) {
      checkReference('Storage', 'storageClass', storageClass);
    }
  }

  /**
   * True if only the pods of one node can mount it.
   * @internal
   */
  public get _singleNode(): boolean {
    return this.accessMode === 'ReadWriteOnce';
  }

  /**
   * True for a claim that is not made here.
   * @internal
   */
  public get _isExisting(): boolean {
    return this.claimName !== undefined;
  }

  /**
   * The claim of a Deployment, made unless it exists, mounted at `path`.
   * @internal
   */
  public _claim(scope: Construct, props: ClaimProps): Mount {
    const claimName = this.claimName ?? props.instance.name;
    if (!this.claimName && !props.isMade) {
      new k8s.KubePersistentVolumeClaim(scope, 'Data', {
        metadata: { name: claimName, labels: props.instance.labels },
        spec: this.spec(props.size),
      });
    }
    return {
      volume: { name: 'data', source: { persistentVolumeClaim: { claimName } } },
      path: props.path,
      writable: true,
    };
  }

  /**
   * The claim template of a StatefulSet; none for an existing claim, which its pod mounts as a volume, and no other server.
   * @internal
   */
  public _template(
    scope: Construct,
    props: ClaimProps,
  ): { mount: Mount; template?: k8s.KubePersistentVolumeClaimProps } {
    const mount = { path: props.path, writable: true };
    if (this.claimName) {
      const { namespace } = props.instance;
      const claim = namespace ? `${namespace}/${this.claimName}` : this.claimName;
      reserve(scope, [`the claim '${claim}'`], 'give each server one of its own');
      const source = { persistentVolumeClaim: { claimName: this.claimName } };
      return { mount: { ...mount, volume: { name: 'data', source } } };
    }
    return {
      mount: { ...mount, volume: { name: 'data' } },
      template: { metadata: { name: 'data', labels: props.instance.labels }, spec: this.spec(props.size) },
    };
  }

  private spec(defaultSize: Size): k8s.PersistentVolumeClaimSpec {
    return {
      accessModes: [this.accessMode],
      storageClassName: this.props.storageClass,
      resources: { requests: { storage: mebibytesQuantity(mebibytes(this.props.size ?? defaultSize)) } },
    };
  }
}

export interface ClaimProps {
  readonly instance: Instance;
  readonly path: string;
  readonly size: Size;
  /** Somebody else has made the claim of this name. */
  readonly isMade?: boolean;
}
