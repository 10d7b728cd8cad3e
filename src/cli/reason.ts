// Says why a request failed, in the words of the system.

/** A message of OpenSSL: the reason is between places in its source code. */
const OPENSSL = /:SSL routines:[^:]*:([^:]+):/;

/**
 * The reason in an error of `node:http` or `fetch`. A name that leads to several addresses fails with several errors and no
 * message of its own; `fetch` has the reason in `cause`.
 */
export function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return reasonOf(error.errors[0]);
  if (!(error instanceof Error)) return String(error);
  if (error instanceof TypeError && error.cause !== undefined) return reasonOf(error.cause);
  const reason = OPENSSL.exec(error.message)?.[1];
  return reason === undefined ? error.message : `TLS: ${reason}`;
}
