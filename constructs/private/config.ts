import { type ApiObject, Lazy } from 'cdk8s';
import { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import { shortHash } from './hash';
import type { Instance } from './names';
import type { Mount, Volume } from './volume';

/** The text of a file, or what makes it at synth, when everything that it depends on is known. */
export type Content = string | (() => string);

export interface ConfigProps {
  readonly instance: Instance;
  /** Tells several ConfigMaps of one instance apart. */
  readonly suffix?: string;
  readonly files: { readonly [name: string]: Content };
}

/** A ConfigMap of files, mounted as a folder, whose change rolls the pods that mount it. */
export class Config extends Construct {
  public readonly object: ApiObject;
  private readonly volume: Volume;

  constructor(scope: Construct, id: string, props: ConfigProps) {
    super(scope, id);
    const text = (content: Content) => (typeof content === 'function' ? content() : content);
    const data = () => Object.fromEntries(Object.entries(props.files).map(([name, file]) => [name, text(file)]));
    const name = props.suffix ? `${props.instance.name}-${props.suffix}` : props.instance.name;
    this.object = new k8s.KubeConfigMap(this, 'Resource', {
      metadata: { name, labels: props.instance.labels },
      data: Lazy.any({ produce: data }) as { [key: string]: string },
    });
    this.volume = {
      name: props.suffix ?? 'config',
      source: { configMap: { name, defaultMode: 0o444 } },
      contentHash: () => shortHash(Object.entries(data()).flat()),
    };
  }

  /** The whole folder, at `path`. */
  public at(path: string): Mount {
    return { volume: this.volume, path };
  }

  /** One file of it, at `path`. */
  public fileAt(file: string, path: string): Mount {
    return { volume: this.volume, path, subPath: file };
  }
}
