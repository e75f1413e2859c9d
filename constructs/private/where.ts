/** Where a mistake lies, as it stands in a sentence: `'image'`, or `'image' of 'agent' in 'sidecars'`. */
export class Where {
  constructor(
    private readonly prop: string,
    /** Of what, where there are several; as it stands in a sentence. */
    private readonly of?: string,
  ) {}

  public toString(): string {
    return this.of === undefined ? `'${this.prop}'` : `'${this.prop}' of ${this.of}`;
  }
}
