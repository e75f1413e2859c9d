import { k8s } from 'cdk8s-plus-28';

const BINARY = ['Mi', 'Gi', 'Ti', 'Pi', 'Ei'];

/** Processor time as Kubernetes itself writes it, so that what it gives back is what was applied. */
export function coresQuantity(cores: number): k8s.Quantity {
  const thousandths = Math.round(cores * 1000);
  return k8s.Quantity.fromString(thousandths % 1000 === 0 ? `${thousandths / 1000}` : `${thousandths}m`);
}

/** Memory or disk as Kubernetes itself writes it. */
export function mebibytesQuantity(mebibytes: number): k8s.Quantity {
  let power = 0;
  let amount = mebibytes;
  while (amount > 0 && amount % 1024 === 0 && power < BINARY.length - 1) {
    amount /= 1024;
    power++;
  }
  return k8s.Quantity.fromString(amount === 0 ? '0' : `${amount}${BINARY[power]}`);
}
