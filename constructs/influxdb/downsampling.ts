import { Duration } from 'cdk8s';

/** Which means are kept when the points themselves are gone. */
export interface MeansProps {
  /**
   * The time of which one mean is made.
   * @default Duration.minutes(5)
   */
  readonly interval?: Duration;

  /**
   * How long means are kept: longer than the points; `Duration.days(0)` is forever.
   * @default Duration.days(90)
   */
  readonly retention?: Duration;
}

/** What is left of a database's points when their time is over. */
export class Downsampling {
  /**
   * Means over a time, in the retention policy 'means': measurements and tags are the same, and the mean of a field
   * `x` is `mean_x`. Fields that are no numbers have none.
   *
   * @param props Times.
   */
  public static means(props: MeansProps = {}): Downsampling {
    return new Downsampling({
      interval: props.interval ?? Duration.minutes(5),
      retention: props.retention ?? Duration.days(90),
    });
  }

  /** Nothing. Means that were made before stay as long as they were to be kept. */
  public static none(): Downsampling {
    return new Downsampling();
  }

  private constructor(
    /** @internal */
    public readonly _means?: Required<MeansProps>,
  ) {}
}
