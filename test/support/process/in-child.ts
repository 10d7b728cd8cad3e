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

const commands = new Map<string, (args: never) => unknown>();

/** Does what the parent asks by `ask`, and replies with what came of it; what is loaded before the program may do more. */
export function onAsk(more: Readonly<Record<string, (args: never) => unknown>>): void {
  if (commands.size === 0) process.on("message", reply);
  for (const [command, run] of Object.entries(more)) commands.set(command, run);
}

async function reply({ id, command, args }: Question): Promise<void> {
  if (id === undefined) return;
  try {
    const run = commands.get(command);
    if (run === undefined) throw new Error(`nobody here knows how to ${command}`);
    const result = await run(args);
    process.send?.({ id, result });
  } catch (error) {
    process.send?.({ id, error: String((error as Error | undefined)?.stack ?? error) });
  }
}
