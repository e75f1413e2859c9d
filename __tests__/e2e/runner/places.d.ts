export interface Measured {
  readonly cores: number;
  /** Free memory of this machine, in bytes. */
  readonly memory: number;
  /** Memory of the nodes that no pod has asked for, in bytes. */
  readonly room: number;
}

export function measured(): Measured;
export function placesOf(measured: Measured): { readonly places: number; readonly reason: string };
export function roomOf(nodes: object[], pods: object[]): number;
