/** A program as it is drawn: what runs, what it keeps, who reaches it, and who talks to whom. */
export interface Graph {
  readonly groups: readonly Group[];
  readonly nodes: readonly Node[];
  readonly edges: readonly Edge[];
}

/** What is in one namespace, by one chart where it has several. */
export interface Group {
  readonly id: string;
  readonly label: string;
}

export type NodeType =
  /** What runs all the time. */
  | 'service'
  /** What runs by a schedule or once. */
  | 'job'
  /** A volume. */
  | 'volume'
  /** From where, or to where, the cluster is left. */
  | 'outside';

export interface Node {
  readonly id: string;
  readonly type: NodeType;
  readonly name: string;
  /** Kind, number, size: what is said below the name. */
  readonly about: string;
  readonly group?: string;
  /** The path of the construct that wrote it. */
  readonly construct?: string;
}

export type EdgeType =
  /** Somebody opens connections. */
  | 'connects'
  /** Somebody opens connections to read figures. */
  | 'watches'
  /** A volume is mounted. */
  | 'keeps';

export interface Edge {
  readonly from: string;
  readonly to: string;
  readonly type: EdgeType;
  /** Ports or paths. */
  readonly label: string;
}
