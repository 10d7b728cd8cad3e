// Holds up the end of a process for work of our own, and lets it end at the limit although that work is still under way.
import { AsyncLocalStorage, createHook } from "node:async_hooks";

/** Something that can keep a process alive. */
interface Handle {
  destroy?(): unknown;
  unref?(): unknown;
}

const ours = new AsyncLocalStorage<true>();
const KEEPING_ALIVE: ReadonlySet<string> = new Set(["Timeout", "TCPWRAP", "PIPEWRAP"]);
/** Exporters try again by timers, for ten seconds: theirs keep nothing alive, only the limit does. */
const hook = createHook({
  init(_id, type, _trigger, resource: Handle) {
    if (KEEPING_ALIVE.has(type) && ours.getStore() === true) queueMicrotask(() => resource.unref?.());
  },
});

/**
 * Does the work, for so many milliseconds at most. To be called when the program has nothing left to do: what keeps the process
 * alive after that is of the work, and is cut off at the limit. Rejects only if the work does.
 */
export async function holdFor(ms: number, work: () => Promise<unknown>): Promise<void> {
  const before = new Set(activeHandles());
  hook.enable();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, ms, false);
  });
  const done = ours.run(true, work).then(() => true);
  const inTime = await Promise.race([done, limit]);
  clearTimeout(timer);
  if (inTime) {
    hook.disable();
    return;
  }
  // A connection that is being established keeps the process alive also without its reference.
  ours.run(true, () => {
    for (const handle of activeHandles()) if (!before.has(handle)) handle.destroy?.();
  });
}

/** Sockets, servers and the like. Not in the types of Node, but in all its releases. */
function activeHandles(): readonly Handle[] {
  return (process as { _getActiveHandles?(): readonly Handle[] })._getActiveHandles?.() ?? [];
}
