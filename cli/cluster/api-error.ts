import { Failure } from '../terminal/failure';

/** What the API says against one field of an object. */
export interface Cause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

export interface ApiErrorProps {
  /** As of HTTP; 0 where there was no answer. */
  readonly status: number;
  /** As of the API, such as `AlreadyExists`. */
  readonly reason?: string;
  /** In the API's own words. */
  readonly said: string;
  readonly causes?: readonly Cause[];
  readonly warnings?: readonly string[];
  /** What to do where nobody knows better. */
  readonly next: string;
}

/** What the API answers in place of what it was asked for. */
export class ApiError extends Failure {
  readonly status: number;
  readonly reason: string;
  readonly said: string;
  readonly causes: readonly Cause[];
  readonly warnings: readonly string[];

  constructor({ status, reason = '', said, causes = [], warnings = [], next }: ApiErrorProps) {
    super({ cause: said, next });
    this.status = status;
    this.reason = reason;
    this.said = said;
    this.causes = causes;
    this.warnings = warnings;
  }
}

/** Nobody answers for the cluster, or not to this user. */
export class Unreachable extends ApiError {
  constructor(props: ApiErrorProps) {
    super(props);
    const { status, said } = props;
    const cause = status === 401 ? 'the cluster does not know who you are' : "the cluster's API does not answer";
    const text = said.trim().slice(0, 200);
    this.message = `${cause}: ${[...(status === 0 ? [] : [status]), ...(text === '' ? [] : [text])].join(', ')}`;
    this.step = 'cluster';
  }
}

/** Whether an error is the API's, with this status. */
export function isStatus(error: unknown, ...statuses: readonly number[]): error is ApiError {
  return error instanceof ApiError && statuses.includes(error.status);
}

/** What the API answers, or undefined where it refuses that with this status. */
export async function unless<T>(status: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (isStatus(error, status)) {
      return undefined;
    }
    throw error;
  }
}
