// The other side of a process: does what its parent asks of it.

/** Says something to the parent. */
export function tell(message: object): void {
  process.send?.(message);
}

/** A process of a test does not outlive it, and leaves Ctrl-C, which reaches the whole group of processes, to its parent. */
export function endWithParent(): void {
  process.once("disconnect", () => process.exit());
  process.on("SIGINT", () => {});
  // The parent may have gone while this process was still starting.
  (process as NodeJS.EventEmitter).on("error", () => process.exit());
}

interface Question {
  readonly id: number;
  readonly command: string;
  readonly args: never;
}

/** Does what the parent asks by `ask`, and replies with what came of it. */
export function onAsk(commands: Readonly<Record<string, (args: never) => unknown>>): void {
  process.on("message", async ({ id, command, args }: Question) => {
    if (id === undefined) return;
    try {
      const result = await commands[command]?.(args);
      process.send?.({ id, result });
    } catch (error) {
      process.send?.({ id, error: String((error as Error | undefined)?.stack ?? error) });
    }
  });
}
