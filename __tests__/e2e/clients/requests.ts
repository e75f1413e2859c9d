import { Browser } from './http';

/** Between two requests of a client, so that there is time left on the node for everything else. */
const PAUSE_MS = 25;

/** Asks for pages again and again, from several clients at a time, each time by a new connection. */
export class ConstantRequests {
  answered = 0;
  readonly dropped: string[] = [];
  private going = true;
  private readonly work: Promise<void>[];

  constructor(
    private readonly pages: { readonly url: string; readonly status: number }[],
    clients = 4,
  ) {
    this.work = Array.from({ length: clients }, (_, index) => this.ask(index));
  }

  async stop(): Promise<void> {
    this.going = false;
    await Promise.all(this.work);
  }

  private async ask(offset: number): Promise<void> {
    for (let turn = offset; this.going; turn++) {
      const page = this.pages[turn % this.pages.length];
      const began = new Date().toISOString();
      const { origin, href } = new URL((page?.url ?? '').replace('{turn}', `${offset}x${turn}`));
      try {
        const { status } = await new Browser(origin).get(href, { seconds: 20 });
        if (status === page?.status) {
          this.answered++;
        } else {
          this.dropped.push(`${began} ${href}: expected ${page?.status}, got ${status}`);
        }
      } catch (error) {
        this.dropped.push(`${began} ${(error as Error).message}`);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
