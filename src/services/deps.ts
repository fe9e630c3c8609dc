import type { Result } from '../fill/faults.ts';
import type { HttpDeps } from './http.ts';

/** What every service is made from. */
export interface ServiceDeps extends HttpDeps {
  /** As `checkBaseUrl` gives it. */
  readonly baseUrl: string;
  /** Asked at each call, so that a new key counts at once; a fault where there is none. */
  readonly key: () => Promise<Result<string>>;
}
