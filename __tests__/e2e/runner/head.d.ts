export interface Head {
  readonly name: string;
  readonly lane: 'core' | 'rest' | 'nodes';
  readonly needs: string[];
  readonly disturbs: string[];
  readonly minutes: number;
  readonly last: boolean;
}

export function headOf(path: string): Head;
export const LANES: string[];
