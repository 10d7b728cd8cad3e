// Writes a line to standard error, where a person sees it who has set up no logger.

/** Writes one line. Never throws: standard error may be closed. */
export function tell(line: string): void {
  try {
    process.stderr.write(`otel-error-tree: ${line}\n`);
  } catch {
    // Nobody listens.
  }
}

/** What was thrown, in one line. */
export function reasonOf(error: unknown): string {
  try {
    const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
    return text.replace(/\s+/g, " ").slice(0, 500);
  } catch {
    return "an error that cannot be shown";
  }
}
