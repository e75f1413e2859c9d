import { requestOf } from '../../../constructs/manifest/needs';
import { quantityOf } from '../../../constructs/manifest/quantity';
import { podsOf } from '../../app/objects';
import { called } from '../../cluster/object';
import { type Check, failed } from '../check';

const RESOURCES = ['cpu', 'memory'] as const;
type Resource = (typeof RESOURCES)[number];

/** Whether the program fits beside what else runs. */
export const room: Check = {
  name: 'room',
  async run(facts) {
    const [program, found, pods] = [await facts.program(), await facts.list('nodes'), await facts.list('pods')];
    const others = pods.filter(
      ({ metadata, status }) =>
        !program.namespaces.includes(metadata.namespace ?? '') &&
        !['Succeeded', 'Failed'].includes(status?.phase ?? ''),
    );
    const asked = podsOf(program).map((pod) => ({
      ...pod,
      needs: (what: Resource) => pod.replicas * requestOf(pod.spec, what),
    }));
    const totalOf = (what: Resource) => sum(found.map(({ status }) => amount(status?.allocatable?.[what])));
    const wantedOf = (what: Resource) => sum(asked.map(({ needs }) => needs(what)));
    const enough = (what: Resource, unit: number) => Math.ceil(Math.max(totalOf(what), wantedOf(what)) / unit + 1);
    const findings = RESOURCES.flatMap((what) => {
      const free = totalOf(what) - sum(others.map((pod) => requestOf(pod.spec ?? {}, what)));
      const wanted = wantedOf(what);
      if (wanted <= free) {
        return [];
      }
      const most = asked
        .filter(({ needs }) => needs(what) > 0)
        .sort((a, b) => b.needs(what) - a.needs(what))
        .slice(0, 3);
      const why = `most by ${most.map((pod) => `${called(pod.owner)} (${shown(what, pod.needs(what))})`).join(', ')}; what finds no room stays Pending`;
      const mend =
        `ask for less, leave out a service (--without), or make a larger node: ` +
        `minikube start -p larger --cpus=${enough('cpu', 1)} --memory=${enough('memory', 2 ** 30)}g`;
      return [
        failed(`the program requests ${shown(what, wanted)} of ${what}, and ${shown(what, free)} are free`, why, mend),
      ];
    });
    const wants = RESOURCES.map((what) => `${shown(what, wantedOf(what))} of ${what}`);
    return { text: `the program requests ${wants.join(' and ')}, which is there`, findings };
  },
};

function shown(what: string, number: number): string {
  return what === 'cpu' ? `${Math.round(number * 1000)}m` : `${Math.round(number / 2 ** 20)}Mi`;
}

function amount(quantity: string | number | undefined): number {
  return quantity === undefined ? 0 : (quantityOf(quantity) ?? 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
