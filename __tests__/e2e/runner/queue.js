/**
 * The order of suites that run beside each other. Suites that read the running system share it; one that disturbs it has it
 * for itself; what has a namespace of its own runs beside both. The running system comes first, as its suites wait for each
 * other; of the others the longest, so that none is left alone at the end.
 */
class Queue {
  #waiting;
  #running = new Set();
  #places;

  /** @param entries have a `head` each; @param places is how many may run at once */
  constructor(entries, places) {
    this.#places = places;
    this.#waiting = [...entries].sort((a, b) => rank(a.head) - rank(b.head) || b.head.minutes - a.head.minutes);
  }

  /** Runs all; `work` is called with each entry when its time has come. */
  async run(work) {
    const failures = [];
    while (this.#waiting.length + this.#running.size > 0) {
      for (let next = this.#next(); next; next = this.#next()) {
        const job = { head: next.head };
        this.#running.add(job);
        job.done = work(next)
          .catch((error) => failures.push(error))
          .finally(() => this.#running.delete(job));
      }
      await Promise.race([...this.#running].map(({ done }) => done));
    }
    if (failures.length > 0) {
      throw failures[0];
    }
  }

  #next() {
    if (this.#running.size >= this.#places) {
      return undefined;
    }
    const index = this.#waiting.findIndex(({ head }) => this.#mayStart(head));
    return index === -1 ? undefined : this.#waiting.splice(index, 1)[0];
  }

  #mayStart(head) {
    const running = [...this.#running].map((job) => job.head);
    if (head.last) {
      return running.length === 0 && this.#waiting.every((one) => one.head.last);
    }
    return running.every((other) => !collide(head, other));
  }
}

function collide(one, other) {
  const shares = ({ needs }) => needs.includes('system');
  const takesNode = ({ disturbs }) => disturbs.includes('node');
  return (
    takesNode(one) ||
    takesNode(other) ||
    (shares(one) && other.disturbs.length > 0) ||
    (shares(other) && one.disturbs.length > 0)
  );
}

function rank({ needs, disturbs, last }) {
  if (last || disturbs.includes('node')) {
    return 3;
  }
  return disturbs.length > 0 ? 1 : needs.includes('system') ? 0 : 2;
}

module.exports = { Queue };
