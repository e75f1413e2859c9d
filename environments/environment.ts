import type { Certificate, Exposure, Images, Resources, Storage } from '../constructs';

/** What differs between the places where the program runs. */
export interface Environment {
  readonly namespace: string;
  readonly images: Images;
  /** The certificates of those that speak TLS themselves. */
  readonly certificate: {
    readonly nginx: Certificate;
    readonly ftps: Certificate;
    readonly wordpress?: Certificate;
    readonly phpmyadmin?: Certificate;
    readonly grafana?: Certificate;
  };
  readonly exposure: {
    readonly nginx: Exposure;
    readonly wordpress: Exposure;
    readonly phpmyadmin: Exposure;
    readonly grafana: Exposure;
    readonly ftps: Exposure;
  };
  /** Where data is kept that one pod at a time uses. */
  readonly storage: Storage;
  /** What each service asks for and may use. */
  readonly resources: Resources;
}
