/** Asks again and again whether something works, and knows how long it did not, at the longest. */
export class Watch {
  private longest = 0;
  private failingSince?: number;
  private last = '';
  private going = true;
  private readonly work: Promise<void>;

  constructor(private readonly ask: () => Promise<void>) {
    this.work = this.repeat();
  }

  /** The longest time without success, in seconds, and what was said last meanwhile. */
  async stop(): Promise<{ readonly seconds: number; readonly said: string }> {
    this.going = false;
    await this.work;
    return { seconds: this.longest / 1000, said: this.last };
  }

  private async repeat(): Promise<void> {
    while (this.going || this.failingSince !== undefined) {
      const began = Date.now();
      try {
        await this.ask();
        this.failingSince = undefined;
      } catch (error) {
        this.last = (error as Error).message;
        this.failingSince ??= began;
        this.longest = Math.max(this.longest, Date.now() - this.failingSince);
      }
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}
