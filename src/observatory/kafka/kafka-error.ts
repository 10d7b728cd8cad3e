// Finds the words for people in an error of the Kafka client: errors nest, and the innermost one says what it was.

export function leafOf(error: unknown): Error & { readonly code?: string; readonly apiId?: string } {
  let one = error;
  for (let depth = 0; depth < 10; depth++) {
    const { errors, cause } = (one ?? {}) as {
      readonly errors?: readonly unknown[];
      readonly cause?: unknown;
    };
    const inner = errors?.[0] ?? cause;
    if (!(inner instanceof Error)) break;
    one = inner;
  }
  return one instanceof Error ? one : new Error(String(one));
}

/** What a broker or the network said. */
export function kafkaReason(error: unknown): string {
  const { apiId, message, code } = leafOf(error);
  if (apiId !== undefined) return `${apiId}: ${message}`;
  return message === "" ? (code ?? "no reason given") : message;
}
