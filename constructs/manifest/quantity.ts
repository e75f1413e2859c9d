/** An amount in the form of Kubernetes, such as `100m` or `1Gi`. */
interface Quantity {
  readonly value: string;
}

const POWERS: { readonly [suffix: string]: number } = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};
const BINARY = ['Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** The number that a Kubernetes quantity stands for, such as `100m`, `1.5Gi` or `1e3`; undefined if it is none. */
export function quantityOf(text: string | number): number | undefined {
  const [, digits, suffix = ''] =
    /^([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([A-Za-z]*)$/.exec(`${text}`.trim()) ?? [];
  const power = POWERS[suffix];
  return digits === undefined || power === undefined ? undefined : Number(digits) * power;
}

/** Processor time as Kubernetes itself writes it, so that what it gives back is what was applied. */
export function coresQuantity(cores: number): Quantity {
  const thousandths = Math.round(cores * 1000);
  return { value: thousandths % 1000 === 0 ? `${thousandths / 1000}` : `${thousandths}m` };
}

/** Memory or disk as Kubernetes itself writes it. */
export function mebibytesQuantity(mebibytes: number): Quantity {
  let power = 0;
  let amount = mebibytes;
  while (amount > 0 && amount % 1024 === 0 && power < BINARY.length - 1) {
    amount /= 1024;
    power++;
  }
  return { value: amount === 0 ? '0' : `${amount}${BINARY[power]}` };
}
