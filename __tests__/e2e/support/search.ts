/** What a text is called, and the text. */
export type Needles = ReadonlyMap<string, string>;

/** The shortest text that is searched for: it is not met by chance. */
export const SHORTEST = 16;

/** Finds many texts at once (Wu and Manber, "A fast algorithm for multi-pattern searching"). */
export class Search {
  private readonly buckets = new Map<number, { name: string; bytes: Buffer }[]>();
  /** How far to go on after a pair of bytes. */
  private readonly shifts = new Uint8Array(65536).fill(SHORTEST - 1);
  private longest = SHORTEST;

  /** For each line of the needles: as it is, and in base64 of whatever it is a part of. */
  constructor(needles: Needles) {
    for (const [name, text] of needles) {
      const lines = text.split('\n').map((line) => line.trim());
      const kept = lines.filter((line) => line.length >= SHORTEST && !line.startsWith('-----'));
      if (kept.length === 0) {
        throw new Error(`${name} is too short to be searched for`);
      }
      for (const form of kept.flatMap(formsOf)) {
        this.add(name, Buffer.from(form));
      }
    }
  }

  /** The names of the needles that there are in a stream. */
  async in(chunks: AsyncIterable<Buffer>): Promise<Set<string>> {
    const found = new Set<string>();
    let rest: Buffer = Buffer.alloc(0);
    for await (const chunk of chunks) {
      const bytes = Buffer.concat([rest, chunk]);
      this.scan(bytes, found);
      rest = bytes.subarray(Math.max(0, bytes.length - this.longest + 1));
    }
    return found;
  }

  private add(name: string, bytes: Buffer): void {
    this.longest = Math.max(this.longest, bytes.length);
    for (let end = 1; end < SHORTEST; end++) {
      const pair = pairAt(bytes, end);
      this.shifts[pair] = Math.min(this.shifts[pair] ?? 0, SHORTEST - 1 - end);
    }
    const last = pairAt(bytes, SHORTEST - 1);
    this.buckets.set(last, [...(this.buckets.get(last) ?? []), { name, bytes }]);
  }

  private scan(bytes: Buffer, found: Set<string>): void {
    for (let end = SHORTEST - 1; end < bytes.length; ) {
      const pair = pairAt(bytes, end);
      const shift = this.shifts[pair] ?? 1;
      if (shift > 0) {
        end += shift;
        continue;
      }
      const start = end - SHORTEST + 1;
      for (const needle of this.buckets.get(pair) ?? []) {
        if (bytes.subarray(start, start + needle.bytes.length).equals(needle.bytes)) {
          found.add(needle.name);
        }
      }
      end++;
    }
  }
}

function pairAt(bytes: Buffer, end: number): number {
  return ((bytes[end - 1] ?? 0) << 8) | (bytes[end] ?? 0);
}

/** A text, and what is the same of its base64 whatever stands before and behind it. */
function formsOf(text: string): string[] {
  const encoded = [0, 1, 2].map((before) => {
    const bytes = Buffer.concat([Buffer.alloc(before), Buffer.from(text)]);
    return bytes.toString('base64').slice(Math.ceil((before * 4) / 3), Math.floor((bytes.length * 4) / 3));
  });
  return [text, ...encoded];
}
