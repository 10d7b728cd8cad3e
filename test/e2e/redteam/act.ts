// The child's side of a process that is told what to do over IPC.

interface Order {
  readonly id: number;
  readonly command: string;
  readonly args: never;
}

type Commands = Readonly<Record<string, (args: never) => unknown>>;

/** Does what it is told until the parent is gone. Says first that it is ready. */
export function act(commands: Commands): void {
  process.on("message", async ({ id, command, args }: Order) => {
    try {
      const result = await commands[command]?.(args);
      process.send?.({ id, result });
    } catch (error) {
      process.send?.({ id, error: String((error as Error | undefined)?.stack ?? error) });
    }
  });
  process.once("disconnect", () => process.exit());
  process.send?.({ id: 0 });
}
